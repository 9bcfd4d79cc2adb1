/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names/address_rules.h"

#include <errno.h>

#include "hwaddr.h"

/* Decimal, at most max, no needless zero before it. */
static bool bits_parse(struct text t, unsigned max, unsigned *ret)
{
	unsigned v = 0;

	if (!t.len || t.len > 3 || (t.len > 1 && t.p[0] == '0'))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return false;
		v = v * 10 + (unsigned)(t.p[i] - '0');
	}
	*ret = v;
	return v <= max;
}

static int net_add(struct address_nets *r, struct text t)
{
	struct address_net *net = &r->nets[r->count];
	size_t slash = text_index(t, '/');
	struct text address = text_make(t.p, slash);
	bool v4 = text_index(address, ':') == address.len;
	unsigned width = v4 ? 32 : 128;
	unsigned bits = width;

	if (r->count == ADDRESS_NETS_MAX || ip_normalise(address, net->ip) < 0)
		return -EINVAL;
	if (slash < t.len &&
	    !bits_parse(text_make(t.p + slash + 1, t.len - slash - 1), width,
			&bits))
		return -EINVAL;
	net->bits = bits + 128 - width;
	r->count++;
	return 0;
}

int address_nets_read(struct address_nets *ret, const char *nets)
{
	struct address_nets r = { 0 };
	struct text rest = text_of(nets), one;

	while (text_cut(&rest, ',', &one)) {
		one = text_trim(one);
		if (one.len && net_add(&r, one) < 0)
			return -EINVAL;
	}
	*ret = r;
	return 0;
}

static bool is_in(const uint8_t *ip, const uint8_t *net, unsigned bits)
{
	size_t whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00u >> bits % 8);

	return memcmp(ip, net, whole) == 0 &&
	       (!(bits % 8) || !((ip[whole] ^ net[whole]) & mask));
}

/* Of IPv4: the last 32 bits (IANA's special-purpose registry, multicast). */
static const struct {
	uint8_t net[4];
	unsigned bits;
} special_v4[] = {
	{ { 0, 0, 0, 0 }, 8 },      { { 10, 0, 0, 0 }, 8 },
	{ { 100, 64, 0, 0 }, 10 },  { { 127, 0, 0, 0 }, 8 },
	{ { 169, 254, 0, 0 }, 16 }, { { 172, 16, 0, 0 }, 12 },
	{ { 192, 0, 0, 0 }, 24 },   { { 192, 0, 2, 0 }, 24 },
	{ { 192, 88, 99, 0 }, 24 }, { { 192, 168, 0, 0 }, 16 },
	{ { 198, 18, 0, 0 }, 15 },  { { 198, 51, 100, 0 }, 24 },
	{ { 203, 0, 113, 0 }, 24 }, { { 224, 0, 0, 0 }, 3 },
};
/* Of the 2000::/3 that is in use: what leads elsewhere or nowhere. */
static const struct {
	uint8_t net[4];
	unsigned bits;
} special_v6[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 }, /* protocol assignments, Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
	{ { 0x20, 0x02, 0x00, 0x00 }, 16 }, /* 6to4: holds an IPv4 address */
	{ { 0x3f, 0xff, 0x00, 0x00 }, 20 }, /* documentation */
};

static bool is_public(const uint8_t ip[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(ip, mapped, sizeof(mapped)) == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(special_v4); i++)
			if (is_in(ip + 12, special_v4[i].net,
				  special_v4[i].bits))
				return false;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(special_v6); i++)
		if (is_in(ip, special_v6[i].net, special_v6[i].bits))
			return false;
	return (ip[0] & 0xe0) == 0x20;
}

bool address_is_allowed(const struct address_nets *r, const uint8_t ip[16])
{
	for (unsigned i = 0; i < r->count; i++)
		if (is_in(ip, r->nets[i].ip, r->nets[i].bits))
			return true;
	return is_public(ip);
}
