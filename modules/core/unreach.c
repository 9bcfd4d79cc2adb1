/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unreach.h"

#include <errno.h>

#include "bytes.h"

#define ICMP_SIZE     8
#define UDP_SIZE      8
#define IPV6_SIZE     40
#define FRAGMENT_SIZE 8

#define ICMP_DEST_UNREACHABLE   3
#define ICMPV6_DEST_UNREACHABLE 1
#define PROTOCOL_ICMP           1
#define PROTOCOL_UDP            17
#define PROTOCOL_FRAGMENT       44

/* What is not looked at yet. */
struct rest {
	const uint8_t *p;
	size_t len;
};

/* NULL: there is less. */
static const uint8_t *take(struct rest *rest, size_t len)
{
	const uint8_t *p = rest->p;

	if (rest->len < len)
		return NULL;
	rest->p += len;
	rest->len -= len;
	return p;
}

/* 0: all of it (RFC 4884 4: what follows are extensions). */
static void limit(struct rest *rest, size_t len)
{
	if (len && len < rest->len)
		rest->len = len;
}

/* ---- the words ---- */

/* NULL: no word of the destination. */
static const char *why_icmp(uint8_t code)
{
	static const char *const words[] = {
		[0] = "ICMP network unreachable",
		[1] = "ICMP host unreachable",
		[2] = "ICMP protocol unreachable",
		[3] = "ICMP port unreachable",
		/* 4: fragmentation needed.  The system sends it again. */
		[5] = "ICMP source route failed",
		[6] = "ICMP network unknown",
		[7] = "ICMP host unknown",
		[9] = "ICMP network prohibited",
		[10] = "ICMP host prohibited",
		[11] = "ICMP network unreachable for this service",
		[12] = "ICMP host unreachable for this service",
		[13] = "ICMP administratively prohibited",
	};

	return code < ARRAY_SIZE(words) ? words[code] : NULL;
}

static const char *why_icmpv6(uint8_t code)
{
	static const char *const words[] = {
		"ICMPv6 no route",         "ICMPv6 administratively prohibited",
		"ICMPv6 beyond scope",     "ICMPv6 address unreachable",
		"ICMPv6 port unreachable", "ICMPv6 source address refused",
		"ICMPv6 route rejected",
	};

	return code < ARRAY_SIZE(words) ? words[code] : NULL;
}

/* ---- the layers ---- */

/* The IPv4 header with its options; NULL. */
static const uint8_t *take_ipv4(struct rest *rest)
{
	size_t size;

	if (rest->len < 20 || rest->p[0] >> 4 != 4)
		return NULL;
	size = (size_t)(rest->p[0] & 15) * 4;
	return size < 20 ? NULL : take(rest, size);
}

static void map_ipv4(uint8_t ret_ip[16], const uint8_t *v4)
{
	memset(ret_ip, 0, 10);
	memset(ret_ip + 10, 0xff, 2);
	memcpy(ret_ip + 12, v4, 4);
}

static int quoted_ipv4(struct rest *rest, struct unreach *ret)
{
	const uint8_t *ip = take_ipv4(rest);

	if (!ip)
		return -EINVAL;
	/* A later fragment holds no port. */
	if (ip[9] != PROTOCOL_UDP || (ip[6] & 0x1f) || ip[7])
		return -ENOENT;
	map_ipv4(ret->from, ip + 12);
	map_ipv4(ret->to, ip + 16);
	return 0;
}

static int quoted_ipv6(struct rest *rest, struct unreach *ret)
{
	const uint8_t *ip = take(rest, IPV6_SIZE), *fragment;
	uint8_t next;

	if (!ip || ip[0] >> 4 != 6)
		return -EINVAL;
	next = ip[6];
	if (next == PROTOCOL_FRAGMENT) {
		fragment = take(rest, FRAGMENT_SIZE);
		if (!fragment)
			return -EINVAL;
		next = fragment[0];
		if (fragment[2] || fragment[3] & 0xf8)
			return -ENOENT;
	}
	if (next != PROTOCOL_UDP)
		return -ENOENT;
	memcpy(ret->from, ip + 8, 16);
	memcpy(ret->to, ip + 24, 16);
	return 0;
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static int quoted_udp(struct rest *rest, struct unreach *ret)
{
	const uint8_t *udp = take(rest, UDP_SIZE);

	if (!udp || be16(udp + 4) < UDP_SIZE)
		return -EINVAL;
	ret->from_port = be16(udp);
	ret->to_port = be16(udp + 2);
	if (rest->len > (size_t)be16(udp + 4) - UDP_SIZE)
		rest->len = (size_t)be16(udp + 4) - UDP_SIZE;
	return 0;
}

static bool may_be_invite(struct text datagram)
{
	struct text method = text_of("INVITE ");

	if (datagram.len < method.len)
		method.len = datagram.len;
	return text_has_prefix_nocase(datagram, method);
}

/* From a line that is there to its end; empty. */
static struct text quoted_call_id(struct text left)
{
	struct text line, name;

	while (text_index(left, '\n') < left.len &&
	       text_cut(&left, '\n', &line) && text_trim(line).len) {
		if (!text_cut(&line, ':', &name))
			continue;
		name = text_trim(name);
		if (text_equal_nocase(name, text_of("Call-ID")) ||
		    text_equal_nocase(name, text_of("i")))
			return text_trim(line);
	}
	return text_of(NULL);
}

/* ---- the message ---- */

static int parse_icmp(struct rest *rest, struct unreach *ret)
{
	const uint8_t *ip = take_ipv4(rest), *icmp;

	if (!ip || ip[9] != PROTOCOL_ICMP)
		return -EINVAL;
	icmp = take(rest, ICMP_SIZE);
	if (!icmp)
		return -EINVAL;
	ret->why = why_icmp(icmp[1]);
	if (icmp[0] != ICMP_DEST_UNREACHABLE || !ret->why)
		return -ENOENT;
	limit(rest, (size_t)icmp[5] * 4);
	return quoted_ipv4(rest, ret);
}

static int parse_icmpv6(struct rest *rest, struct unreach *ret)
{
	const uint8_t *icmp = take(rest, ICMP_SIZE);

	if (!icmp)
		return -EINVAL;
	ret->why = why_icmpv6(icmp[1]);
	if (icmp[0] != ICMPV6_DEST_UNREACHABLE || !ret->why)
		return -ENOENT;
	limit(rest, (size_t)icmp[4] * 8);
	return quoted_ipv6(rest, ret);
}

int unreach_parse(enum unreach_form form, const void *bytes, size_t len,
		  struct unreach *ret)
{
	struct rest rest = { bytes, len };
	struct unreach found = { 0 };
	struct text datagram;
	int err;

	err = form == UNREACH_ICMPV6 ? parse_icmpv6(&rest, &found)
				     : parse_icmp(&rest, &found);
	if (err == 0)
		err = quoted_udp(&rest, &found);
	if (err < 0)
		return err;
	datagram = text_make((const char *)rest.p, rest.len);
	found.is_invite = may_be_invite(datagram);
	if (found.is_invite)
		found.call_id = quoted_call_id(datagram);
	*ret = found;
	return 0;
}
