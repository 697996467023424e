/* terminal.h - what the terminal is like, and a page on it that is drawn anew again and again.
 *
 * A page is one write: home, each row with its rest cleared, what is below cleared. Nothing is
 * cleared before it is drawn, so nothing flickers. The page is on the alternate screen, so the
 * terminal's own text comes back: at terminal_close, to which the signals that people and systems
 * end a program with lead, and while the program is stopped (Ctrl-Z).
 */
#ifndef IO_HOST_TERMINAL_H
#define IO_HOST_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the locale; whether standard output shows block elements in one column each. */
bool terminal_utf8(void);

/* Whether standard output is a terminal that colour is wanted on: it is one, TERM is not dumb, and
 * NO_COLOR is not set. */
bool terminal_colour(void);

/* Of one that tells no size: a serial line. */
#define TERMINAL_WIDTH  80
#define TERMINAL_HEIGHT 24

/* The size of standard output; false when it is no terminal or tells none. */
bool terminal_size(size_t *width, size_t *height);

/* All of it to standard output, also where another program has made that not wait. False with
 * errno. */
bool terminal_put(const char *data, size_t len);

struct terminal;

enum terminal_came {
	TERMINAL_TIME,  /* the time is over, or the size has changed: draw */
	TERMINAL_KEY,   /* of those that were waited for */
	TERMINAL_LEAVE, /* Ctrl-C, SIGTERM or SIGHUP */
};

#define TERMINAL_ESCAPE '\033' /* any key that sends several characters */

/* Standard output must be a terminal; keys are read where standard input is one. NULL with errno.
 * Signals are taken from here on. One at a time. */
struct terminal *terminal_open(void);
void terminal_close(struct terminal *t);

/* Rows ended by newlines, no wider than the terminal; rows that it has not are left out. False with
 * errno. */
bool terminal_draw(struct terminal *t, const char *page, size_t len);

/* Whether somebody can press a key. */
bool terminal_has_keys(const struct terminal *t);

/* For so long, or until a key of `keys` is pressed, which is then in *key; NULL: any key. Others
 * are ignored. Keys that come together are given one by one. */
enum terminal_came terminal_wait(struct terminal *t, int ms, const char *keys, char *key);

#endif
