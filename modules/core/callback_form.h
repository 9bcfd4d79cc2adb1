/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callback_form: how a platform wants to be called back, as a template.
 *
 * An operator writes "sip:{number}@acme.byoc.example.com"; the publisher
 * checks it and turns the names in braces into single bytes, so that the path
 * only puts the values in.  Each value holds what a URI may hold, which is
 * the duty of whoever gives it.
 *
 *   {user}       the caller's user part as the platform sent it
 *   {number}     their number as the trunk writes numbers; else the user part
 *   {host}       address that the call is sent to; IPv6 in brackets
 *   {port}       its port
 *   {transport}  udp, tcp or tls
 */
#pragma once

#include "text_writer.h"

#define CALLBACK_FORM_MAX 256 /* bytes, before and after */

struct callback_values {
	struct text user, number, host, port, transport;
};

/*
 * Turn a template into the form that is stored.  Its length; -EINVAL: a name
 * that is not known, a brace that is not closed, a control character, too
 * long.
 */
int must_check callback_form_compile(struct text template, char *buf,
				     size_t size);

/* Append it to w, with the values in their places. */
void callback_form_put(struct text_writer *w, struct text form,
		       const struct callback_values *v);

/* Write it as an operator does, for people. */
void callback_form_show(struct text_writer *w, struct text form);
