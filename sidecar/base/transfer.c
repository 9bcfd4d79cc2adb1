/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/transfer.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "sha256.h"

#define PIN_SIZE (320 + TRANSFER_ADDRESSES_MAX * (size_t)(INET6_ADDRSTRLEN + 3))
/* Servers close what is silent; a mail server's good-bye would be taken for
 * the answer to the next mail. */
#define LIFE_MAX_S 60L /* then its name's addresses are looked at anew */
/* Of which each of several addresses has a part; what is left is TLS's and the
 * answer's. */
#define CONNECT_MAX_MS   5000
#define LONGEST_MS       60000
#define IDLE_MAX_S       15L
#define KEPT_CONNECTIONS 64L
#define MORE_DESCRIPTORS 32
#define KEY_NAME         "SHA256:"
#define KEY_SIZE         (sizeof(KEY_NAME) + BASE64_SIZE((size_t)SHA256_SIZE))

struct run {
	struct run *next, **at; /* in transfers.runs */
	struct transfer what;
	transfer_done *done;
	void *arg;
	CURL *curl;                       /* owned */
	struct curl_slist *pin, *headers; /* owned */
	struct curl_slist *to;            /* owned */
	struct curl_slist *commands;      /* owned */
	char *answer;                     /* owned, answer_max bytes */
	size_t len, sent;                 /* of answer, of body */
	int64_t until_ms;                 /* monotonic */
	bool is_cut, is_strange, is_stranger, is_second;
	char host_key[KEY_SIZE];
	char error[CURL_ERROR_SIZE];
};

struct transfers {
	CURLM *multi;     /* owned */
	struct run *runs; /* owned */
};

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

const char *transfer_end_name(enum transfer_end end)
{
	static const char *const names[] = {
		[TRANSFER_ANSWERED] = "answered",
		[TRANSFER_CUT] = "the answer is too long",
		[TRANSFER_LATE] = "no answer in time",
		[TRANSFER_UNREACHABLE] = "nobody answers there",
		[TRANSFER_STRANGE] = "its address is another one",
		[TRANSFER_NO_TLS] = "it offers no usable TLS",
		[TRANSFER_CERTIFICATE] = "its certificate is wrong",
		[TRANSFER_HOST_KEY] = "its host key is none of ours",
		[TRANSFER_NO_LOGIN] = "it does not take our login",
		[TRANSFER_ABSENT] = "it has no such file",
		[TRANSFER_REFUSED] = "it refuses that",
		[TRANSFER_BROKEN] = "the connection broke",
		[TRANSFER_NO_MEMORY] = "no memory",
	};

	return names[end];
}

int transfer_init(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOMEM;
}

void transfer_fini(void)
{
	curl_global_cleanup();
}

/* ---- what libcurl asks us ---- */

static size_t on_answer(char *data, size_t one, size_t count, void *arg)
{
	struct run *r = arg;
	size_t len = one * count, room = r->what.answer_max - r->len;
	size_t n = len < room ? len : room;

	if (n)
		memcpy(r->answer + r->len, data, n);
	r->len += n;
	r->is_cut = n < len;
	return n;
}

static size_t on_body(char *buf, size_t one, size_t count, void *arg)
{
	struct run *r = arg;
	size_t room = one * count, left = r->what.body.len - r->sent;
	size_t n = left < room ? left : room;

	if (n)
		memcpy(buf, r->what.body.p + r->sent, n);
	r->sent += n;
	return n;
}

static bool is_listed(const struct transfer *w, const struct sockaddr *sa)
{
	uint8_t ip[16] = { 0 };

	if (sa->sa_family == AF_INET6) {
		memcpy(ip, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
	} else if (sa->sa_family == AF_INET) {
		memcpy(ip, mapped, sizeof(mapped));
		memcpy(ip + 12, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	} else {
		return false;
	}
	for (unsigned i = 0; i < w->address_count; i++)
		if (memcmp(w->addresses[i], ip, 16) == 0)
			return true;
	return false;
}

/* The last word on where we connect to: whatever libcurl made of the URL. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose,
			       struct curl_sockaddr *sa)
{
	struct run *r = arg;

	(void)purpose;
	if (!is_listed(&r->what, &sa->addr)) {
		r->is_strange = true;
		return CURL_SOCKET_BAD;
	}
	return socket(sa->family, sa->socktype | SOCK_CLOEXEC, sa->protocol);
}

/* Is this the host, or somebody else?  "SHA256:" and base64 without padding. */
static int on_host_key(void *arg, int type, const char *key, size_t len)
{
	struct run *r = arg;
	size_t at = sizeof(KEY_NAME) - 1;
	uint8_t hash[SHA256_SIZE];
	struct sha256 sha;
	struct text one, rest = text_of(r->what.host_keys);

	(void)type;
	sha256_begin(&sha);
	sha256_add(&sha, key, len);
	sha256_end(&sha, hash);
	memcpy(r->host_key, KEY_NAME, at);
	at += base64_encode(hash, sizeof(hash), r->host_key + at);
	while (r->host_key[at - 1] == '=')
		at--;
	r->host_key[at] = '\0';
	while (rest.len) {
		one = text_make(rest.p, text_index(rest, ' '));
		if (text_equal(one, text_make(r->host_key, at)))
			return CURLKHMATCH_OK;
		rest.p += one.len + (one.len < rest.len);
		rest.len -= one.len + (one.len < rest.len);
	}
	r->is_stranger = true;
	return CURLKHMATCH_MISMATCH;
}

/* ---- the request ---- */

/* "host:port:address,address" */
static int pin_format(const struct transfer *w, char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "%s:%u:", w->host, w->port);

	for (unsigned i = 0; i < w->address_count; i++) {
		const uint8_t *ip = w->addresses[i];
		bool v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
		char text[INET6_ADDRSTRLEN];

		if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? ip + 12 : ip, text,
			       sizeof(text)) ||
		    at >= size)
			return -EINVAL;
		at += (size_t)snprintf(buf + at, size - at,
				       v4 ? "%s%s" : "%s[%s]", i ? "," : "",
				       text);
	}
	return at < size ? 0 : -EINVAL;
}

static bool append(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer)
		*list = longer;
	return longer != NULL;
}

static bool make_lists(struct run *r)
{
	char line[PIN_SIZE];

	if (pin_format(&r->what, line, sizeof(line)) < 0 ||
	    !append(&r->pin, line))
		return false;
	if (r->what.mail_to)
		return append(&r->to, r->what.mail_to);
	for (const char *const *c = r->what.commands; c && *c; c++)
		if (!append(&r->commands, *c))
			return false;
	/* Not to wait for a "100 Continue" that few servers send. */
	if (!append(&r->headers, "Expect:"))
		return false;
	for (const char *const *h = r->what.headers; h && *h; h++)
		if (!append(&r->headers, *h))
			return false;
	return true;
}

static bool is_ftp(const struct run *r)
{
	return strncmp(r->what.url, "ftp", 3) == 0;
}

#define SET(option, value) \
	rc = rc == CURLE_OK ? curl_easy_setopt(r->curl, option, value) : rc

static CURLcode set_mail(struct run *r)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_USE_SSL, r->what.tls == TRANSFER_TLS_REQUIRED
				     ? (long)CURLUSESSL_ALL
				     : (long)CURLUSESSL_TRY);
	SET(CURLOPT_MAIL_FROM, r->what.mail_from);
	SET(CURLOPT_MAIL_RCPT, r->to);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, on_body);
	SET(CURLOPT_READDATA, r);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->what.body.len);
	return rc;
}

static CURLcode set_put(struct run *r)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, on_body);
	SET(CURLOPT_READDATA, r);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->what.body.len);
	return rc;
}

static CURLcode set_verb(struct run *r)
{
	CURLcode rc = CURLE_OK;

	switch (r->what.verb) {
	case TRANSFER_PUT:
		return set_put(r);
	case TRANSFER_LIST:
		SET(CURLOPT_DIRLISTONLY, 1L);
		break;
	case TRANSFER_SIZE:
		SET(CURLOPT_NOBODY, 1L);
		break;
	case TRANSFER_COMMANDS:
		SET(CURLOPT_NOBODY, 1L);
		SET(CURLOPT_QUOTE, r->commands);
		break;
	case TRANSFER_POST:
	case TRANSFER_GET:
		break;
	}
	return rc;
}

static CURLcode set_sftp(struct run *r)
{
	bool has_key = r->what.key_file && r->what.key_file[0];
	CURLcode rc = set_verb(r);

	SET(CURLOPT_PROTOCOLS_STR, "sftp");
	SET(CURLOPT_SSH_AUTH_TYPES,
	    has_key ? (long)CURLSSH_AUTH_PUBLICKEY
		    : (long)CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD);
	if (has_key)
		SET(CURLOPT_SSH_PRIVATE_KEYFILE, r->what.key_file);
	SET(CURLOPT_SSH_HOSTKEYFUNCTION, on_host_key);
	SET(CURLOPT_SSH_HOSTKEYDATA, r);
	return rc;
}

/* Data go to the host that commands go to, over TLS as well.  Many servers
 * want the session of the commands for them, which tickets of TLS 1.3, that
 * come later, are too late for. */
static CURLcode set_ftp(struct run *r)
{
	CURLcode rc = set_verb(r);

	SET(CURLOPT_PROTOCOLS_STR, "ftp,ftps");
	SET(CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	SET(CURLOPT_FTPSSLAUTH, (long)CURLFTPAUTH_TLS);
	SET(CURLOPT_FTP_FILEMETHOD, (long)CURLFTPMETHOD_NOCWD);
	SET(CURLOPT_FTP_SKIP_PASV_IP, 1L);
	SET(CURLOPT_FTPPORT, NULL);
	return rc;
}

static CURLcode set_http(struct run *r)
{
	CURLcode rc = r->what.verb == TRANSFER_PUT ? set_put(r) : CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTPHEADER, r->headers);
	if (r->what.verb == TRANSFER_POST) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->what.body.len);
		SET(CURLOPT_POSTFIELDS, r->what.body.len ? r->what.body.p : "");
	}
	SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	return rc;
}

static CURLcode set_protocol(struct run *r)
{
	if (r->what.mail_to)
		return set_mail(r);
	if (strncmp(r->what.url, "sftp:", 5) == 0)
		return set_sftp(r);
	return is_ftp(r) ? set_ftp(r) : set_http(r);
}

static CURLcode set_options(struct run *r)
{
	const struct transfer *w = &r->what;
	CURLcode rc = set_protocol(r);

	SET(CURLOPT_URL, w->url);
	SET(CURLOPT_RESOLVE, r->pin);
	SET(CURLOPT_TIMEOUT_MS, (long)w->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(w->timeout_ms < CONNECT_MAX_MS ? w->timeout_ms
						  : CONNECT_MAX_MS));
	SET(CURLOPT_ERRORBUFFER, r->error);
	SET(CURLOPT_MAXLIFETIME_CONN, LIFE_MAX_S);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2 |
		    (is_ftp(r) ? (long)CURL_SSLVERSION_MAX_TLSv1_2 : 0));
	SET(CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	SET(CURLOPT_WRITEFUNCTION, on_answer);
	SET(CURLOPT_WRITEDATA, r);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(CURLOPT_OPENSOCKETDATA, r);
	SET(CURLOPT_PRIVATE, r);
	if (w->ca_file && w->ca_file[0])
		SET(CURLOPT_CAINFO, w->ca_file);
	if (w->user && w->user[0]) {
		SET(CURLOPT_USERNAME, w->user);
		SET(CURLOPT_PASSWORD, w->password ? w->password : "");
	}
	return rc;
}
#undef SET

/* ---- its life ---- */

/* Accepts NULL and half-built ones. */
static void run_free(struct transfers *t, struct run *r)
{
	if (!r)
		return;
	if (r->at) {
		*r->at = r->next;
		if (r->next)
			r->next->at = r->at;
		(void)curl_multi_remove_handle(t->multi, r->curl);
	}
	curl_easy_cleanup(r->curl);
	curl_slist_free_all(r->pin);
	curl_slist_free_all(r->headers);
	curl_slist_free_all(r->to);
	curl_slist_free_all(r->commands);
	free(r->answer);
	free(r);
}

int transfers_start(struct transfers *t, const struct transfer *what,
		    transfer_done *done, void *arg)
{
	struct run *r = calloc(1, sizeof(*r));
	CURLcode rc = CURLE_OK;

	if (!r)
		return -ENOMEM;
	*r = (struct run){ .what = *what,
			   .done = done,
			   .arg = arg,
			   .until_ms = clock_mono_ms() + what->timeout_ms,
			   .answer = malloc(what->answer_max + 1),
			   .curl = curl_easy_init() };
	if (!r->answer || !r->curl || !make_lists(r))
		rc = CURLE_OUT_OF_MEMORY;
	if (rc == CURLE_OK)
		rc = set_options(r);
	if (rc == CURLE_OK &&
	    curl_multi_add_handle(t->multi, r->curl) != CURLM_OK)
		rc = CURLE_OUT_OF_MEMORY;
	if (rc != CURLE_OK) {
		run_free(t, r);
		return rc == CURLE_OUT_OF_MEMORY ? -ENOMEM : -ENOTSUP;
	}
	r->next = t->runs;
	if (r->next)
		r->next->at = &r->next;
	r->at = &t->runs;
	t->runs = r;
	return 0;
}

static enum transfer_end end_of(const struct run *r, CURLcode rc)
{
	if (r->is_cut)
		return TRANSFER_CUT;
	if (r->is_strange)
		return TRANSFER_STRANGE;
	if (r->is_stranger)
		return TRANSFER_HOST_KEY;
	switch (rc) {
	case CURLE_OK:
		return TRANSFER_ANSWERED;
	case CURLE_OPERATION_TIMEDOUT:
		return TRANSFER_LATE;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return TRANSFER_UNREACHABLE;
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CONNECT_ERROR:
		return TRANSFER_NO_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return TRANSFER_CERTIFICATE;
	case CURLE_LOGIN_DENIED:
		return TRANSFER_NO_LOGIN;
	case CURLE_REMOTE_FILE_NOT_FOUND:
		return TRANSFER_ABSENT;
	case CURLE_QUOTE_ERROR:
	case CURLE_UPLOAD_FAILED:
	case CURLE_REMOTE_ACCESS_DENIED:
	case CURLE_REMOTE_DISK_FULL:
	case CURLE_REMOTE_FILE_EXISTS:
	case CURLE_FTP_COULDNT_RETR_FILE:
		return TRANSFER_REFUSED;
	case CURLE_OUT_OF_MEMORY:
		return TRANSFER_NO_MEMORY;
	default:
		return TRANSFER_BROKEN;
	}
}

/*
 * Was it a kept connection that had died?  Then nobody has answered, or said
 * 421 (RFC 5321 3.8), and a new connection may do better.
 */
static bool try_second(struct transfers *t, struct run *r, CURLcode rc,
		       long status)
{
	int64_t left = r->until_ms - clock_mono_ms();
	long made = 0;

	if (rc == CURLE_OK || rc == CURLE_OPERATION_TIMEDOUT || r->is_second ||
	    end_of(r, rc) == TRANSFER_ABSENT ||
	    end_of(r, rc) == TRANSFER_REFUSED || r->is_cut || left <= 0 ||
	    (status && status != 421) ||
	    curl_easy_getinfo(r->curl, CURLINFO_NUM_CONNECTS, &made) !=
		    CURLE_OK ||
	    made)
		return false;
	r->is_second = true;
	r->len = r->sent = 0;
	(void)curl_multi_remove_handle(t->multi, r->curl);
	return curl_easy_setopt(r->curl, CURLOPT_FRESH_CONNECT, 1L) ==
		       CURLE_OK &&
	       curl_easy_setopt(r->curl, CURLOPT_TIMEOUT_MS, (long)left) ==
		       CURLE_OK &&
	       curl_multi_add_handle(t->multi, r->curl) == CURLM_OK;
}

static void finish(struct transfers *t, struct run *r, CURLcode rc)
{
	struct transfer_answer a = { .end = end_of(r, rc), .size_bytes = -1 };
	curl_off_t after = 0, size = -1;
	long status = 0;

	(void)curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
	if (try_second(t, r, rc, status))
		return;
	(void)curl_easy_getinfo(r->curl, CURLINFO_RETRY_AFTER, &after);
	a.status = (int)status;
	/* libcurl's words are all that says which command it was. */
	a.is_recipient =
		r->what.mail_to && strncmp(r->error, "RCPT failed", 11) == 0;
	a.retry_after_s = after > 0 ? (int64_t)after : 0;
	a.body = text_make(r->answer, r->len);
	a.host_key = text_of(r->host_key);
	if (r->what.verb == TRANSFER_SIZE && rc == CURLE_OK &&
	    curl_easy_getinfo(r->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
			      &size) == CURLE_OK)
		a.size_bytes = size;
	r->done(r->arg, &a);
	run_free(t, r);
}

static void take_ends(struct transfers *t)
{
	const CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(t->multi, &left))) {
		CURLcode rc = m->data.result;
		char *r = NULL;

		if (m->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &r) ==
			    CURLE_OK)
			finish(t, (void *)r, rc);
	}
}

int transfers_step(struct transfers *t, struct pollfd *more, unsigned count,
		   int timeout_ms)
{
	struct curl_waitfd fds[MORE_DESCRIPTORS];
	CURLMcode rc;
	int running;

	if (count > MORE_DESCRIPTORS)
		count = MORE_DESCRIPTORS;
	for (unsigned i = 0; i < count; i++)
		fds[i] = (struct curl_waitfd){
			.fd = more[i].fd,
			.events = (short)((more[i].events & POLLIN
						   ? CURL_WAIT_POLLIN
						   : 0) |
					  (more[i].events & POLLOUT
						   ? CURL_WAIT_POLLOUT
						   : 0)),
		};
	/* libcurl refuses to wait for ever. */
	rc = curl_multi_poll(t->multi, fds, count,
			     timeout_ms < 0 ? LONGEST_MS : timeout_ms, NULL);
	if (rc != CURLM_OK)
		return rc == CURLM_OUT_OF_MEMORY ? -ENOMEM : -EIO;
	/* libcurl does not pass errors of these on. */
	if (count && poll(more, count, 0) < 0)
		for (unsigned i = 0; i < count; i++)
			more[i].revents = 0;
	rc = curl_multi_perform(t->multi, &running);
	if (rc != CURLM_OK)
		return rc == CURLM_OUT_OF_MEMORY ? -ENOMEM : -EIO;
	take_ends(t);
	return 0;
}

int transfers_new(struct transfers **ret)
{
	struct transfers *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->multi = curl_multi_init();
	if (!t->multi ||
	    curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS,
			      KEPT_CONNECTIONS) != CURLM_OK ||
	    curl_multi_setopt(t->multi, CURLMOPT_PIPELINING,
			      (long)CURLPIPE_NOTHING) != CURLM_OK) {
		(void)transfers_free(t);
		return -ENOMEM;
	}
	*ret = t;
	return 0;
}

struct transfers *transfers_free(struct transfers *t)
{
	if (!t)
		return NULL;
	while (t->runs)
		run_free(t, t->runs);
	(void)curl_multi_cleanup(t->multi);
	free(t);
	return NULL;
}
