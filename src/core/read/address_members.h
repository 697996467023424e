/* address_members.h - the members of an object whose values look like addresses.
 *
 * Path:    line -> [address_members] -> strangers (the module), --explain.   Pure.
 * Why:     if a log uses names that no format defines, the user must name the member with the
 *          client (--client). The values of the members show the candidates. The members' names
 *          show which candidates a client can forge.
 * Cost:    cJSON parses the object again. So this module only serves messages, and only parses a
 *          few lines of a run.
 * Bounds:  ADDRESS_MEMBERS_MAX members, FIELDS_DEPTH_MAX objects around a member. A member whose
 *          name is too long for struct line_member is left out; a value that is too long is cut
 *          off.
 */
#ifndef CORE_READ_ADDRESS_MEMBERS_H
#define CORE_READ_ADDRESS_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/read/line_result.h"

#define ADDRESS_MEMBERS_MAX 8

/* The role follows from the member's name. */
enum address_role {
	ADDRESS_PEER,   /* possibly the address of the connection */
	ADDRESS_HEADER, /* from a header, or a list of addresses: a client can forge it */
	ADDRESS_SERVER, /* an address of the server, or of a server behind it */
};

struct address_member {
	struct line_member member;
	enum address_role role;
};

struct address_members {
	struct address_member at[ADDRESS_MEMBERS_MAX]; /* in the order of the text */
	size_t n;
};

/* Returns false if the text is not one JSON object. If `wrapped` is true, reads the object in the
 * first string that contains an object, instead of the outer object. Leaves out a member whose name
 * contains an apostrophe or control bytes. In values, each control byte becomes '?'. */
bool address_members_find(const char *text, size_t len, bool wrapped, struct address_members *out);

/* The first member with this role, or NULL. */
const struct address_member *address_members_first(
	const struct address_members *m, enum address_role role);

/* The member with this name, or NULL. */
const struct address_member *address_members_named(
	const struct address_members *m, const char *name);

#endif
