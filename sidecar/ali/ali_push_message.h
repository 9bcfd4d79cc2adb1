/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_push_message: what is posted to an ALI provider, and what its answer
 * means.  Pure but for memory.  The contract is in docs/ALI.md.
 */
#pragma once

#include "text.h"

#define ALI_PUSH_KEY_SIZE   48
#define ALI_PUSH_ANSWER_MAX 4096

/* One order, as PostgreSQL has it; texts are borrowed. */
struct ali_push_order {
	struct text number, function, order, layout, record; /* JSON */
};

/* The body; the caller's to free().  -EBADMSG: the record is no object. */
int must_check ali_push_body(const struct ali_push_order *o, char **ret);
/* What is the same however often it is posted: "+12065550114-17". */
int must_check ali_push_key(const struct ali_push_order *o,
			    char ret[ALI_PUSH_KEY_SIZE]);

enum ali_push_verdict {
	ALI_PUSH_TAKEN,
	ALI_PUSH_REJECTED, /* 'code' says why */
	ALI_PUSH_AGAIN,    /* no answer of the contract's: ask again later */
};

/* The words of a provider's answers; NULL: those of the contract. */
#define ALI_PUSH_WORD_SIZE 48
struct ali_push_words {
	char result[ALI_PUSH_WORD_SIZE]; /* members */
	char accepted[ALI_PUSH_WORD_SIZE], rejected[ALI_PUSH_WORD_SIZE];
	char code[ALI_PUSH_WORD_SIZE];
	char codes[2048]; /* JSON: theirs to ours */
};
/* status: of HTTP; with words any 2xx may answer.  code: "" unless it is
 * rejected. */
enum ali_push_verdict ali_push_judge(int status, struct text body,
				     const struct ali_push_words *words,
				     char ret_code[4]);
