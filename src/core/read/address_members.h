/* address_members.h - the members of an object whose values look like addresses.
 *
 * Path:    line -> [address_members] -> strangers, --explain.   Pure.
 * Why:     a person whose log has names of its own must name the client's member (--client). The
 *          values show the candidates, and the names show which of them a visitor can write.
 * Cost:    the object is parsed by cJSON anew: for messages, never for each line of a run.
 * Bounds:  ADDRESS_MEMBERS_MAX members, FIELDS_DEPTH_MAX objects around one, names and values as
 *          long as struct line_member holds.
 */
#ifndef CORE_READ_ADDRESS_MEMBERS_H
#define CORE_READ_ADDRESS_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/line_result.h"

#define ADDRESS_MEMBERS_MAX 8

/* By the member's name. */
enum address_role {
	ADDRESS_PEER,   /* may be the address of the connection */
	ADDRESS_HEADER, /* the name of a header, or a list: a visitor can write it */
	ADDRESS_SERVER, /* the server's own, or that of a server behind it */
};

struct address_member {
	struct line_member member;
	enum address_role role;
};

struct address_members {
	struct address_member at[ADDRESS_MEMBERS_MAX]; /* in the order of the text */
	size_t n;
};

/* False when the text is not one JSON object. If `wrapped`, the object in the first string that is
 * one is taken in its place. Names and values are free of control bytes. */
bool address_members_find(const char *text, size_t len, bool wrapped, struct address_members *out);

/* The first of that role, or NULL. */
const struct address_member *address_members_first(
	const struct address_members *m, enum address_role role);

/* The member of that name, or NULL. */
const struct address_member *address_members_named(
	const struct address_members *m, const char *name);

#endif
