/* address_hint.h - advice on how to correct a text that is neither an address nor a network.
 *
 * Path:    a text that address_parse_prefix refuses -> [address_hint] -> messages.   Pure.
 * Output:  the end of a message, such as "; leave out the port: 192.0.2.1". The advice quotes no
 *          part of the text except an address or a host name.
 */
#ifndef CORE_BASE_ADDRESS_HINT_H
#define CORE_BASE_ADDRESS_HINT_H

#include <stddef.h>

#define ADDRESS_HINT_CAP 192

struct address_hint {
	char s[ADDRESS_HINT_CAP];
};

/* Returns an empty text if `text` is an address or a network, or if no advice fits. */
struct address_hint address_hint_of(const char *text, size_t len);

#endif
