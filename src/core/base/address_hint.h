/* address_hint.h - what to write in the place of a text that is no address or network.
 *
 * Path:    a text that address_parse_prefix refuses -> [address_hint] -> messages.   Pure.
 * Output:  the end of a message, such as "; leave out the port: 192.0.2.1". It quotes nothing of
 *          the text but an address or a host name.
 */
#ifndef CORE_BASE_ADDRESS_HINT_H
#define CORE_BASE_ADDRESS_HINT_H

#include <stddef.h>

#define ADDRESS_HINT_CAP 192

struct address_hint {
	char s[ADDRESS_HINT_CAP];
};

/* Empty if the text is an address or network, or if nothing is known of it. */
struct address_hint address_hint_of(const char *text, size_t len);

#endif
