/* forwarded.c - see forwarded.h. */
#include "core/read/forwarded.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool forwarded_find(
	const char *list, size_t len, const struct allow *trusted, struct address *client)
{
	const char *end = list + len;

	for (int hop = 0; hop < FORWARDED_HOPS_MAX; hop++) {
		const char *first = end, *last = end;
		struct address a;

		while (first > list && first[-1] != ',')
			first--;
		const char *comma = first;
		while (last > first && is_blank(last[-1]))
			last--;
		while (first < last && is_blank(*first))
			first++;
		if (!address_parse_peer(first, (size_t)(last - first), &a))
			return false;
		if (!allow_has(trusted, &a)) {
			*client = a;
			return true;
		}
		if (comma == list)
			return false;
		end = comma - 1;
	}
	return false;
}
