/* screen_hosts.h - the hosts that send counts, on the page, for screen.c alone.
 *
 * Hosts with a fault have a row each, with the fault. The others stand beside each other, as many
 * as the width allows. A list that is cut says in its last row how many it leaves out.
 */
#ifndef CORE_SHOW_SCREEN_HOSTS_H
#define CORE_SHOW_SCREEN_HOSTS_H

#include <stddef.h>

#include "core/show/text_page.h"
#include "core/record/state.h"

/* Rows for all hosts, with the heading; 0 if there are none. */
size_t screen_hosts_need(const struct state *s, size_t width);
/* At most `rows` rows. */
void screen_hosts_put(struct text_page *p, const struct state *s, size_t rows);

#endif
