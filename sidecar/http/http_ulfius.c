/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <ulfius.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "http/http.h"
#include "http/http_slow.h"
#include "http/http_tls.h"

/* Of one address, of all that it may have. */
#define CONNECTIONS_PER_ADDRESS 64
/* Descriptors that are everything else's. */
#define FILES_RESERVE 200U
/* Of a connection, bytes: a head, and as much of a body at a time. */
#define HEAD_MAX ((size_t)8192)
/* Of a stream, at a time. */
#define STREAM_BLOCK 4096

struct http_server {
	struct _u_instance instance;
	http_answer_f *answer;
	void *arg; /* borrowed */
	int fd;    /* that listens; owned by libmicrohttpd once it runs */
	ino_t ino; /* of that socket */
	bool running;
	unsigned port;
	struct http_slow slow;
	/* Of the streams and what is below; taken last. */
	pthread_mutex_t lock;
	struct http_stream *streams; /* owned by libmicrohttpd */
	bool is_ending;
};

/* An answer that goes on. */
struct http_stream {
	struct http_server *server;
	struct http_stream *next, **at;
	struct MHD_Connection *connection;
	int fd;
	struct http_feed feed;
	bool is_suspended, is_woken;
	int64_t read_at_ms; /* when it could take something last */
};

/* ---- a request ---- */

static enum http_method method_of(const char *verb)
{
	if (strcmp(verb, "GET") == 0)
		return HTTP_GET;
	return strcmp(verb, "POST") == 0 ? HTTP_POST : HTTP_OTHER;
}

static void take_address(const struct sockaddr *sa, uint8_t ret[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memset(ret, 0, 16);
	if (!sa)
		return;
	if (sa->sa_family == AF_INET6) {
		memcpy(ret, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
	} else if (sa->sa_family == AF_INET) {
		memcpy(ret, mapped, 12);
		memcpy(ret + 12, &((const struct sockaddr_in *)sa)->sin_addr,
		       4);
	}
}

static struct text path_of(const char *url)
{
	struct text t = text_of(url);

	return text_make(t.p, text_index(t, '?'));
}

static struct text query_of(const char *url)
{
	struct text t = text_of(url);
	size_t at = text_index(t, '?');

	return at < t.len ? text_make(t.p + at + 1, t.len - at - 1)
			  : text_of("");
}

static struct text header_of(const struct _u_request *from, const char *name)
{
	const char *value = u_map_get_case(from->map_header, name);

	return text_trim(text_of(value ? value : ""));
}

static struct text bearer_of(const struct _u_request *from)
{
	const char *value = u_map_get_case(from->map_header, "Authorization");

	if (!value || strncasecmp(value, "Bearer ", 7) != 0)
		return text_of("");
	return text_trim(text_of(value + 7));
}

static void set_headers(struct _u_response *to, const struct http_response *r)
{
	char seconds[16];

	if (r->content_type)
		(void)u_map_put(to->map_header, "Content-Type",
				r->content_type);
	if (r->asks_password)
		(void)u_map_put(to->map_header, "WWW-Authenticate",
				"Basic realm=\"e911\", charset=\"UTF-8\"");
	if (r->retry_after_s) {
		(void)snprintf(seconds, sizeof(seconds), "%u",
			       r->retry_after_s);
		(void)u_map_put(to->map_header, "Retry-After", seconds);
	}
	for (const struct http_header *h = r->headers; h && h->name; h++)
		(void)u_map_put(to->map_header, h->name, h->value);
	if (r->cookie[0])
		(void)u_map_put(to->map_header, "Set-Cookie", r->cookie);
	(void)u_map_put(to->map_header, "Cache-Control", "no-store");
}

/* ---- answers that go on ---- */

/* Where a stream has no more to tell the connection sleeps: it takes no thread,
 * and no time-out of libmicrohttpd ends it. */
static ssize_t on_read(void *arg, uint64_t offset, char *buf, size_t size)
{
	struct http_stream *t = arg;
	struct http_server *s = t->server;
	ssize_t n;

	(void)offset;
	for (;;) {
		n = t->feed.read(t->feed.arg, buf, size);
		(void)pthread_mutex_lock(&s->lock);
		t->read_at_ms = clock_mono_ms();
		if (s->is_ending || n < 0)
			n = MHD_CONTENT_READER_END_OF_STREAM;
		if (n != 0 || !t->is_woken)
			break;
		t->is_woken = false;
		(void)pthread_mutex_unlock(&s->lock);
	}
	if (n == 0) {
		t->is_suspended = true;
		MHD_suspend_connection(t->connection);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

/* Under the lock. */
static void wake(struct http_stream *t)
{
	t->is_woken = true;
	if (!t->is_suspended)
		return;
	t->is_suspended = false;
	t->is_woken = false;
	t->read_at_ms = clock_mono_ms();
	MHD_resume_connection(t->connection);
}

void http_stream_wake(struct http_stream *t)
{
	(void)pthread_mutex_lock(&t->server->lock);
	wake(t);
	(void)pthread_mutex_unlock(&t->server->lock);
}

static void on_end(void *arg)
{
	struct http_stream *t = arg;
	struct http_server *s = t->server;

	t->feed.end(t->feed.arg);
	(void)pthread_mutex_lock(&s->lock);
	*t->at = t->next;
	if (t->next)
		t->next->at = t->at;
	(void)pthread_mutex_unlock(&s->lock);
	free(t);
}

/* Whoever is gone without a word is missed by the system. */
static void watch_peer(int fd)
{
	unsigned ms = HTTP_FEED_SLOW_MS;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

static int begin_stream(struct http_server *s, const struct _u_request *from,
			struct _u_response *to, const struct http_response *r)
{
	struct http_stream *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->server = s;
	t->feed = r->feed;
	t->read_at_ms = clock_mono_ms();
	if (from->client_address)
		t->connection =
			http_slow_feed(&s->slow, from->client_address, &t->fd);
	if (!t->connection ||
	    ulfius_set_stream_response(to, r->status, on_read, on_end,
				       U_STREAM_SIZE_UNKNOWN, STREAM_BLOCK,
				       t) != U_OK) {
		free(t);
		return -ENOMEM;
	}
	watch_peer(t->fd);
	(void)pthread_mutex_lock(&s->lock);
	t->next = s->streams;
	t->at = &s->streams;
	if (t->next)
		t->next->at = &t->next;
	s->streams = t;
	(void)pthread_mutex_unlock(&s->lock);
	t->feed.begin(t->feed.arg, t);
	return 0;
}

/* A suspended connection must not be there when libmicrohttpd ends. */
static void end_streams(struct http_server *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->is_ending = true;
	for (struct http_stream *t = s->streams; t; t = t->next)
		wake(t);
	(void)pthread_mutex_unlock(&s->lock);
}

/* A connection that sleeps can take; one that does not is waited for. */
static void end_slow_streams(struct http_server *s, int64_t before_ms)
{
	(void)pthread_mutex_lock(&s->lock);
	for (struct http_stream *t = s->streams; t; t = t->next) {
		if (t->is_suspended || t->read_at_ms >= before_ms)
			continue;
		t->read_at_ms = INT64_MAX;
		stats_add(STAT_HTTP_SLOW, 1);
		(void)shutdown(t->fd, SHUT_RDWR);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

static void set_body(struct http_server *s, const struct _u_request *from,
		     struct _u_response *to, struct http_response *r)
{
	if (r->feed.end) {
		if (begin_stream(s, from, to, r) == 0)
			return;
		r->feed.end(r->feed.arg);
		to->status = 503;
	} else if (r->body) {
		(void)ulfius_set_binary_body_response(to, r->status, r->body,
						      r->body_len);
	}
	free(r->body);
}

/* ---- answering ---- */

static int on_request(const struct _u_request *from, struct _u_response *to,
		      void *arg)
{
	struct http_server *s = arg;
	struct http_request request = {
		.method = method_of(from->http_verb),
		.path = path_of(from->http_url),
		.body = text_make(from->binary_body, from->binary_body_length),
		.user = text_of(from->auth_basic_user),
		.password = text_of(from->auth_basic_password),
		.bearer = bearer_of(from),
		.accept = header_of(from, "Accept"),
		.organization = header_of(from, "E911-Organization-ID"),
		.query = query_of(from->http_url),
		.cookie = header_of(from, "Cookie"),
		.token = header_of(from, "X-E911-Token"),
		.last_event = header_of(from, "Last-Event-ID"),
		.fetch_site = header_of(from, "Sec-Fetch-Site"),
	};
	struct http_response response = { .status = 200 };

	take_address(from->client_address, request.address);
	if (from->binary_body_length > HTTP_BODY_MAX)
		response.status = 413;
	else
		s->answer(s->arg, &request, &response);
	set_headers(to, &response);
	to->status = response.status;
	set_body(s, from, to, &response);
	return U_CALLBACK_COMPLETE;
}

/* ---- start and stop ---- */

static int listen_on(const char *where, unsigned *ret_port)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	int one = 1, fd, err;

	err = http_listen_address(text_of(where), &sa);
	if (err < 0)
		return err;
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&sa, len) < 0 ||
	    listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) < 0) {
		err = -errno;
		(void)close(fd);
		return err;
	}
	*ret_port = ntohs(sa.ss_family == AF_INET6
				  ? ((struct sockaddr_in6 *)&sa)->sin6_port
				  : ((struct sockaddr_in *)&sa)->sin_port);
	return fd;
}

/* libmicrohttpd closes the socket in some of its failures, and by then the
 * number may be that of another thread's file: close it only if it is still
 * ours. */
static void close_ours(const struct http_server *s)
{
	struct stat st;

	if (fstat(s->fd, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    st.st_ino == s->ino)
		(void)close(s->fd);
}

/* ---- connections ---- */

static void on_connection(void *arg, struct MHD_Connection *c, void **peer,
			  enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = arg;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		http_slow_leave(&s->slow, *peer);
		*peer = NULL;
		return;
	}
	info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	*peer = info ? http_slow_enter(&s->slow, info->connect_fd,
				       clock_mono_ms())
		     : NULL;
	/* Nobody would end it. */
	if (!*peer && info)
		(void)shutdown(info->connect_fd, SHUT_RDWR);
	info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (*peer && info && info->client_addr)
		http_slow_name(&s->slow, *peer, c, info->client_addr);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **request,
			 enum MHD_RequestTerminationCode how)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_server *s = arg;

	if (info)
		http_slow_answered(&s->slow, info->socket_context,
				   clock_mono_ms());
	mhd_request_completed(NULL, c, request, how);
}

/* As many as are wanted, and leave descriptors to the directory, PostgreSQL
 * and whom Kamailio asks. */
static unsigned connections_of(const struct http_options *o)
{
	struct rlimit limit;
	unsigned fit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur >= (rlim_t)o->connections_max + FILES_RESERVE)
		return o->connections_max;
	fit = limit.rlim_cur > FILES_RESERVE + o->threads
		      ? (unsigned)limit.rlim_cur - FILES_RESERVE
		      : o->threads;
	log_warning("http",
		    "%u connections at a time, not %u: the limit of open "
		    "files is %u",
		    fit, o->connections_max, (unsigned)limit.rlim_cur);
	return fit;
}

#define OPTION(name, number) \
	(struct MHD_OptionItem) \
	{ \
		.option = (name), .value = (intptr_t)(number) \
	}

static int run(struct http_server *s, const struct http_options *o)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL |
			 MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem items[13];
	size_t n = 0;

	items[n] = OPTION(MHD_OPTION_NOTIFY_COMPLETED, on_completed);
	items[n++].ptr_value = s;
	items[n] = OPTION(MHD_OPTION_NOTIFY_CONNECTION, on_connection);
	items[n++].ptr_value = s;
	items[n++] = OPTION(MHD_OPTION_URI_LOG_CALLBACK, ulfius_uri_logger);
	items[n++] = OPTION(MHD_OPTION_LISTEN_SOCKET, s->fd);
	items[n++] = OPTION(MHD_OPTION_THREAD_POOL_SIZE, o->threads);
	items[n++] = OPTION(MHD_OPTION_CONNECTION_LIMIT, connections_of(o));
	items[n++] = OPTION(MHD_OPTION_PER_IP_CONNECTION_LIMIT,
			    CONNECTIONS_PER_ADDRESS);
	items[n++] = OPTION(MHD_OPTION_CONNECTION_TIMEOUT, o->timeout_s);
	items[n++] = OPTION(MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_MAX);
	if (o->tls) {
		flags |= MHD_USE_TLS;
		items[n] = OPTION(MHD_OPTION_HTTPS_PRIORITIES, 0);
		items[n++].ptr_value = (void *)HTTP_TLS_PRIORITIES;
		items[n] = OPTION(MHD_OPTION_HTTPS_CERT_CALLBACK, 0);
		items[n++].ptr_value = http_tls_callback();
	}
	items[n] = OPTION(MHD_OPTION_END, 0);
	return ulfius_start_framework_with_mhd_options(&s->instance, flags,
						       items) == U_OK
		       ? 0
		       : -EINVAL;
}

int http_server_start(struct http_server **ret,
		      const struct http_options *options, http_answer_f *answer,
		      void *arg)
{
	struct http_server *s = calloc(1, sizeof(*s));
	struct stat st;
	int err;

	if (!s)
		return -ENOMEM;
	s->answer = answer;
	s->arg = arg;
	s->fd = listen_on(options->listen, &s->port);
	if (s->fd < 0) {
		err = s->fd;
		free(s);
		return err;
	}
	if (fstat(s->fd, &st) < 0 ||
	    ulfius_init_instance(&s->instance, s->port, NULL, NULL) != U_OK) {
		(void)close(s->fd);
		free(s);
		return -ENOMEM;
	}
	s->ino = st.st_ino;
	http_slow_init(&s->slow);
	(void)pthread_mutex_init(&s->lock, NULL);
	/* One byte more than is taken: what is longer is seen to be. */
	s->instance.max_post_body_size = HTTP_BODY_MAX + 1;
	s->instance.max_post_param_size = 1024;
	/* A form's members would be kept in a list that is searched for each.
	 */
	s->instance.allowed_post_processor = U_POST_PROCESS_NONE;
	(void)ulfius_set_default_endpoint(&s->instance, on_request, s);
	err = run(s, options);
	s->running = err == 0;
	if (err < 0) {
		close_ours(s);
		(void)http_server_stop(s);
	} else {
		*ret = s;
	}
	return err;
}

struct http_server *http_server_stop(struct http_server *s)
{
	if (!s)
		return NULL;
	end_streams(s);
	if (s->running)
		(void)ulfius_stop_framework(&s->instance);
	ulfius_clean_instance(&s->instance);
	http_slow_fini(&s->slow);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}

void http_server_end_slow(struct http_server *s, unsigned seconds)
{
	int64_t now_ms = clock_mono_ms();

	http_slow_end(&s->slow, now_ms - (int64_t)seconds * 1000);
	end_slow_streams(s, now_ms - HTTP_FEED_SLOW_MS);
}

unsigned http_server_port(const struct http_server *s)
{
	return s->port;
}
