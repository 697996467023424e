/* terminal.h - the properties of the terminal, and a page on the terminal that is redrawn
 * repeatedly.
 *
 * A page is one write: cursor home, each row and the clearing of its rest, then the clearing of the
 * rows below. Nothing is cleared before it is drawn, so nothing flickers. The page is on the
 * alternate screen. The terminal's previous text returns at terminal_close, and while the program
 * is stopped (Ctrl-Z). terminal_wait reports the usual terminating signals, so that the caller can
 * close the terminal.
 */
#ifndef IO_HOST_TERMINAL_H
#define IO_HOST_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the locale. Returns whether standard output shows block elements in one column each. */
bool terminal_utf8(void);

/* Whether output should be coloured: standard output is a terminal, TERM is not dumb, and NO_COLOR
 * is not set. */
bool terminal_colour(void);

/* Size of a terminal that reports no size, such as a serial line. */
#define TERMINAL_WIDTH  80
#define TERMINAL_HEIGHT 24

/* The size of standard output; false when it is not a terminal or reports no size. */
bool terminal_size(size_t *width, size_t *height);

/* Writes everything to standard output, even if another program has made it non-blocking. False
 * with errno. */
bool terminal_put(const char *data, size_t len);

struct terminal;

enum terminal_came {
	TERMINAL_TIME,  /* `ms` have passed, or the size has changed: redraw */
	TERMINAL_KEY,   /* one of the requested keys */
	TERMINAL_LEAVE, /* Ctrl-C, SIGTERM, SIGHUP or SIGQUIT */
};

#define TERMINAL_ESCAPE '\033' /* returned for a key that sends several characters */

/* Standard output must be a terminal; keys are read if standard input is one. From this call on,
 * signals are caught. Only one terminal may be open. NULL with errno. */
struct terminal *terminal_open(void);
void terminal_close(struct terminal *t);

/* Draws rows that end with newlines and are no wider than the terminal; rows beyond its height are
 * left out. False with errno. */
bool terminal_draw(struct terminal *t, const char *page, size_t len);

/* Whether keys can be read. */
bool terminal_has_keys(const struct terminal *t);

/* Waits `ms` milliseconds, or until a key of `keys` (NULL: any key) is pressed; then *key is that
 * key. Other keys are ignored. Keys that arrive together are returned one by one. */
enum terminal_came terminal_wait(struct terminal *t, int ms, const char *keys, char *key);

#endif
