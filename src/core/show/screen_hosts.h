/* screen_hosts.h - the hosts that send counts, as rows of the page that anomstat(1) prints. Only
 * screen.c uses this file.
 *
 * Each host with a fault has its own row, which shows the fault. The other hosts share rows, as
 * many per row as the width allows. If the list is cut, its last row shows the number of hosts left
 * out.
 */
#ifndef CORE_SHOW_SCREEN_HOSTS_H
#define CORE_SHOW_SCREEN_HOSTS_H

#include <stddef.h>

#include "core/show/text_page.h"
#include "core/record/state.h"

/* Number of rows for all hosts, heading included; 0 if there are no hosts. */
size_t screen_hosts_need(const struct state *s, size_t width);
/* Puts the hosts in at most `rows` rows. */
void screen_hosts_put(struct text_page *p, const struct state *s, size_t rows);

#endif
