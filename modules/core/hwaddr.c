/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hwaddr.h"

#include <arpa/inet.h>
#include <errno.h>

#define MAC_DIGITS 12

static bool is_punctuation(char c)
{
	return c == ':' || c == '-' || c == '.' || c == ' ' || c == '\t';
}

int mac_normalise(struct text mac, char ret_mac[13])
{
	char digits[MAC_DIGITS];
	size_t len = 0;

	mac = text_unquote(mac);
	for (size_t i = 0; i < mac.len; i++) {
		int digit = text_hex_digit(mac.p[i]);

		if (is_punctuation(mac.p[i]))
			continue;
		if (digit < 0 || len == MAC_DIGITS)
			return -EINVAL;
		digits[len++] = "0123456789abcdef"[digit];
	}
	if (len != MAC_DIGITS)
		return -EINVAL;
	memcpy(ret_mac, digits, MAC_DIGITS);
	ret_mac[MAC_DIGITS] = '\0';
	return 0;
}

/* IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2). */
static void map_ipv4(const struct in_addr *v4, uint8_t ret_ip[16])
{
	memset(ret_ip, 0, 10);
	memset(ret_ip + 10, 0xff, 2);
	memcpy(ret_ip + 12, v4, 4);
}

int ip_normalise(struct text ip, uint8_t ret_ip[16])
{
	char cstr[INET6_ADDRSTRLEN];
	struct in6_addr v6;
	struct in_addr v4;

	ip = text_unquote(ip);
	if (ip.len >= 2 && ip.p[0] == '[' && ip.p[ip.len - 1] == ']')
		ip = text_make(ip.p + 1, ip.len - 2);
	/* inet_pton() would stop at a NUL and be content. */
	if (text_index(ip, '\0') < ip.len ||
	    text_to_cstr(ip, cstr, sizeof(cstr)) < 0)
		return -EINVAL;
	if (inet_pton(AF_INET, cstr, &v4) == 1)
		map_ipv4(&v4, ret_ip);
	else if (inet_pton(AF_INET6, cstr, &v6) == 1)
		memcpy(ret_ip, &v6, 16);
	else
		return -EINVAL;
	return 0;
}
