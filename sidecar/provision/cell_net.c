/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/cell_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "hwaddr.h"

#define IPV4_BITS_BEFORE 96 /* of ::ffff:0:0/96 */
/* Domain e911.ip_range. */
#define IPV4_LENGTH_MIN (IPV4_BITS_BEFORE + 8)
#define IPV6_LENGTH_MIN 16

static bool is_ipv4(const uint8_t ip[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip, mapped, sizeof(mapped)) == 0;
}

/* As the domains e911.host and e911.ip_range have it. */
static bool is_unicast(const uint8_t ip[16])
{
	static const uint8_t unspecified[16];

	if (is_ipv4(ip))
		return ip[12] != 0 && ip[12] < 224;
	return ip[0] != 0xff && memcmp(ip, unspecified, 16) != 0;
}

int cell_read_mac(struct text t, char ret_value[CELL_VALUE_MAX],
		  char reason[CELL_REASON_SIZE])
{
	if (mac_normalise(t, ret_value) < 0)
		return cell_refuse(reason, t, "is no MAC address");
	if (strcmp(ret_value, "000000000000") == 0 ||
	    strcmp(ret_value, "ffffffffffff") == 0)
		return cell_refuse(reason, t, "is no station's MAC address");
	return (int)strlen(ret_value);
}

void ip_format(const uint8_t ip[16], char ret[IP_TEXT_SIZE])
{
	bool v4 = is_ipv4(ip);

	(void)inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? ip + 12 : ip, ret,
			IP_TEXT_SIZE);
}

int cell_read_ip(struct text t, char ret_value[CELL_VALUE_MAX],
		 char reason[CELL_REASON_SIZE])
{
	uint8_t ip[16];

	if (ip_normalise(t, ip) < 0)
		return cell_refuse(reason, t, "is no IP address");
	if (!is_unicast(ip))
		return cell_refuse(reason, t, "is no address of one host");
	ip_format(ip, ret_value);
	return (int)strlen(ret_value);
}

/* ---- prefixes ---- */

static bool is_bit_set(const uint8_t a[16], unsigned bit)
{
	return a[bit / 8] & 0x80 >> bit % 8;
}

/* The last address of the prefix. */
static void last_of(const struct prefix *p, uint8_t ret[16])
{
	memcpy(ret, p->addr, 16);
	for (unsigned bit = p->length; bit < 128; bit++)
		ret[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

static void increment(uint8_t a[16])
{
	for (int i = 15; i >= 0 && ++a[i] == 0; i--)
		;
}

bool prefix_next(struct prefix_walk *w, struct prefix *ret)
{
	/* Never from IPv6 into IPv4, or back. */
	unsigned shortest = is_ipv4(w->low) ? IPV4_BITS_BEFORE : 0;
	struct prefix p = { .length = 128 };
	uint8_t last[16];

	if (w->done || memcmp(w->low, w->high, 16) > 0)
		return false;
	memcpy(p.addr, w->low, 16);
	while (p.length > shortest && !is_bit_set(w->low, p.length - 1)) {
		struct prefix wider = p;

		wider.length--;
		last_of(&wider, last);
		if (memcmp(last, w->high, 16) > 0)
			break;
		p = wider;
	}
	last_of(&p, last);
	w->done = memcmp(last, w->high, 16) == 0;
	increment(last);
	memcpy(w->low, last, 16);
	*ret = p;
	return true;
}

void prefix_format(const struct prefix *p, char ret[IP_TEXT_SIZE])
{
	bool v4 = is_ipv4(p->addr) && p->length >= IPV4_BITS_BEFORE;
	size_t len;

	ip_format(p->addr, ret);
	len = strlen(ret);
	(void)snprintf(ret + len, IP_TEXT_SIZE - len, "/%u",
		       v4 ? p->length - IPV4_BITS_BEFORE : p->length);
}

/* ---- a range ---- */

static int parse_length(struct text t, bool v4, unsigned *ret)
{
	unsigned n = 0, max = v4 ? 32 : 128;

	if (!t.len || t.len > 3)
		return -EINVAL;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return -EINVAL;
		n = n * 10 + (unsigned)(t.p[i] - '0');
	}
	if (n > max)
		return -EINVAL;
	*ret = v4 ? n + IPV4_BITS_BEFORE : n;
	return 0;
}

static int check_prefix(struct text t, const struct prefix *p, char *reason)
{
	bool v4 = is_ipv4(p->addr);

	for (unsigned bit = p->length; bit < 128; bit++)
		if (is_bit_set(p->addr, bit))
			return cell_refuse(reason, t,
					   "has bits behind its length");
	if (p->length < (v4 ? IPV4_LENGTH_MIN : IPV6_LENGTH_MIN))
		return cell_refuse(reason, t,
				   "is too large a network: at most a /8, "
				   "with IPv6 a /16");
	if (!is_unicast(p->addr))
		return cell_refuse(reason, t, "are no addresses of hosts");
	return 0;
}

int prefix_walk_pair(struct prefix_walk *ret, struct text low, struct text high,
		     char reason[CELL_REASON_SIZE])
{
	struct prefix_walk w = { .done = false }, walk;
	struct prefix p;

	if (ip_normalise(low, w.low) < 0)
		return cell_refuse(reason, low, "is no IP address");
	if (ip_normalise(high, w.high) < 0)
		return cell_refuse(reason, high, "is no IP address");
	if (is_ipv4(w.low) != is_ipv4(w.high))
		return cell_refuse(reason, low,
				   "and the end of its range are IPv4 and "
				   "IPv6");
	if (memcmp(w.low, w.high, 16) > 0)
		return cell_refuse(reason, low,
				   "lies behind the end of its range");
	walk = w;
	while (prefix_next(&walk, &p))
		if (check_prefix(low, &p, reason) < 0)
			return -EINVAL;
	*ret = w;
	return 0;
}

static int walk_prefix(struct prefix_walk *ret, struct text t, size_t slash,
		       char *reason)
{
	struct prefix p = { .length = 128 };
	struct prefix_walk w = { .done = false };

	if (ip_normalise(text_trim(text_make(t.p, slash)), p.addr) < 0)
		return cell_refuse(reason, t, "is no network");
	if (slash < t.len &&
	    parse_length(text_make(t.p + slash + 1, t.len - slash - 1),
			 is_ipv4(p.addr), &p.length) < 0)
		return cell_refuse(reason, t, "is no network");
	if (check_prefix(t, &p, reason) < 0)
		return -EINVAL;
	memcpy(w.low, p.addr, 16);
	last_of(&p, w.high);
	*ret = w;
	return 0;
}

int prefix_walk_range(struct prefix_walk *ret, struct text range,
		      char reason[CELL_REASON_SIZE])
{
	size_t dash = text_index(range, '-');

	if (dash == range.len)
		return walk_prefix(ret, range, text_index(range, '/'), reason);
	return prefix_walk_pair(
		ret, text_trim(text_make(range.p, dash)),
		text_trim(text_make(range.p + dash + 1, range.len - dash - 1)),
		reason);
}

/* Only looked at: what it means is asked again when it is staged. */
int cell_read_range(struct text t, char ret_value[CELL_VALUE_MAX],
		    char reason[CELL_REASON_SIZE])
{
	struct prefix_walk w;

	if (prefix_walk_range(&w, t, reason) < 0)
		return -EINVAL;
	return cell_copy(t, ret_value);
}
