/* terminal.c - see terminal.h.
 *
 * It does not use curses. One page needs only four escape sequences (xterm's alternate screen,
 * cursor and erasing), which every terminal of the last thirty years knows. So terminfo, which may
 * be missing, is not needed. Signals arrive at a descriptor (signalfd), which is polled together
 * with the keys. So no code runs in a signal handler.
 */
#include "io/host/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define ENTER     "\033[?1049h\033[?25l" /* alternate screen, no cursor */
#define LEAVE     "\033[0m\033[?25h\033[?1049l"
#define HOME      "\033[H"
#define END_ROW   "\033[K"
#define END_PAGE  "\033[J"
#define CONTROL_C 3

struct terminal {
	int signal_fd;
	bool keys;             /* standard input is a terminal whose modes must be restored */
	bool listens;          /* standard input can still be read */
	struct termios before; /* modes of standard input before the run */
	/* keys that were read; keys from pressed_at on are not returned yet */
	char pressed[64];
	size_t pressed_n, pressed_at;
	char *text; /* the last page */
	size_t cap;
};

bool terminal_utf8(void)
{
	static const wchar_t drawn[] = {
		0x2581, 0x2588, 0x2501, 0x2502, 0x2524, 0x254c, 0x2500, 0x2514, 0xb7};

	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		return false;
	for (size_t i = 0; i < sizeof drawn / sizeof drawn[0]; i++)
		if (wcwidth(drawn[i]) != 1)
			return false;
	return true;
}

bool terminal_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

bool terminal_size(size_t *width, size_t *height)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_col || !w.ws_row)
		return false;
	*width = w.ws_col;
	*height = w.ws_row;
	return true;
}

bool terminal_put(const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, data, len);
		if (n < 0 && errno == EAGAIN) {
			struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
			(void)poll(&out, 1, -1);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Makes keys arrive one by one and without echo; Ctrl-C stays a signal. */
static void take_keys(struct terminal *t)
{
	struct termios now = t->before;

	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	now.c_cc[VMIN] = 0;
	now.c_cc[VTIME] = 0;
	if (t->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

static void give_back(struct terminal *t)
{
	(void)terminal_put(LEAVE, strlen(LEAVE));
	if (t->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &t->before);
}

struct terminal *terminal_open(void)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
	struct terminal *t = calloc(1, sizeof *t);
	sigset_t set;

	if (!t)
		return NULL;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
		sigaddset(&set, caught[i]);
	t->signal_fd = sigprocmask(SIG_BLOCK, &set, NULL) < 0
			       ? -1
			       : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (!isatty(STDOUT_FILENO) || t->signal_fd < 0) {
		if (t->signal_fd >= 0)
			close(t->signal_fd);
		free(t);
		return NULL;
	}
	t->keys = t->listens = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &t->before) == 0;
	take_keys(t);
	if (terminal_put(ENTER, strlen(ENTER)))
		return t;
	terminal_close(t);
	return NULL;
}

void terminal_close(struct terminal *t)
{
	int saved = errno;

	if (!t)
		return;
	give_back(t);
	close(t->signal_fd);
	free(t->text);
	free(t);
	errno = saved;
}

static void append_bytes(char **at, const char *text, size_t len)
{
	memcpy(*at, text, len);
	*at += len;
}

/* Counts one column per character; a colour sequence, which ends with a letter, has no width. */
static size_t row_width(const char *row, size_t len)
{
	size_t width = 0;
	bool colour = false;

	for (size_t i = 0; i < len; i++) {
		if (row[i] == '\033')
			colour = true;
		else if (colour)
			colour = row[i] != 'm';
		else
			/* the first byte of a character */
			width += ((unsigned char)row[i] & 0xc0) != 0x80;
	}
	return width;
}

/* Erases the rest of each row, but nothing after a full row: on many terminals the cursor is then
 * still in the last column, and its character would be erased. */
static size_t lay_out(char *to, const char *page, size_t len)
{
	size_t width = TERMINAL_WIDTH, height = TERMINAL_HEIGHT, rows = 0;
	const char *end = page + len;
	char *at = to;

	(void)terminal_size(&width, &height);
	append_bytes(&at, HOME, strlen(HOME));
	while (page < end && rows < height) {
		const char *newline = memchr(page, '\n', (size_t)(end - page));
		size_t row_len = (size_t)((newline ? newline : end) - page);
		append_bytes(&at, page, row_len);
		if (row_width(page, row_len) < width)
			append_bytes(&at, END_ROW, strlen(END_ROW));
		page += row_len + 1;
		if (++rows < height) /* a newline after the last row would scroll */
			*at++ = '\n';
	}
	if (rows < height)
		append_bytes(&at, END_PAGE, strlen(END_PAGE));
	return (size_t)(at - to);
}

bool terminal_draw(struct terminal *t, const char *page, size_t len)
{
	size_t rows = 1;

	for (size_t i = 0; i < len; i++)
		rows += page[i] == '\n';
	size_t need = len + rows * (strlen(END_ROW) + 1) + strlen(HOME END_PAGE);
	if (need > t->cap) {
		char *more = realloc(t->text, need);
		if (!more)
			return false;
		t->text = more;
		t->cap = need;
	}
	return terminal_put(t->text, lay_out(t->text, page, len));
}

/* Ctrl-Z: restores the terminal's previous text while the program is stopped. It raises SIGTSTP,
 * not SIGSTOP: the kernel ignores SIGTSTP if no shell could continue the program. */
static void stop_for_a_while(struct terminal *t)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	give_back(t);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	take_keys(t);
	(void)terminal_put(ENTER, strlen(ENTER));
}

/* Returns whether the program should end. */
static bool take_signals(struct terminal *t)
{
	struct signalfd_siginfo info;
	bool leave = false;

	while (read(t->signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGTSTP)
			stop_for_a_while(t);
		else if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGCONT)
			leave = true;
	}
	return leave;
}

static void read_keys(struct terminal *t)
{
	ssize_t n = read(STDIN_FILENO, t->pressed, sizeof t->pressed);

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		t->listens = false; /* standard input is gone; signals still arrive */
	t->pressed_n = n > 0 ? (size_t)n : 0;
	t->pressed_at = 0;
}

/* Skips a sequence such as "\033[1;5A" or "\033OP". A key sends the whole sequence at once, and the
 * last byte is a letter or '~'. */
static void skip_sequence(struct terminal *t)
{
	char second = t->pressed_at < t->pressed_n ? t->pressed[t->pressed_at] : 0;

	if (second != '[' && second != 'O')
		return;
	t->pressed_at++;
	while (t->pressed_at < t->pressed_n) {
		char c = t->pressed[t->pressed_at++];
		if (c >= '@' && c <= '~')
			break;
	}
}

/* Returns the next pressed key that is in `keys`, or CONTROL_C; 0: there is none. */
static char next_key(struct terminal *t, const char *keys)
{
	while (t->pressed_at < t->pressed_n) {
		char c = t->pressed[t->pressed_at++];
		if (c == TERMINAL_ESCAPE)
			skip_sequence(t);
		if (c == CONTROL_C || (c && (!keys || strchr(keys, c))))
			return c;
	}
	return 0;
}

bool terminal_has_keys(const struct terminal *t)
{
	return t->listens;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum terminal_came terminal_wait(struct terminal *t, int ms, const char *keys, char *key)
{
	int64_t due = now_ms() + ms;

	for (int64_t left = ms; left > 0; left = due - now_ms()) {
		*key = next_key(t, keys);
		if (*key)
			return *key == CONTROL_C ? TERMINAL_LEAVE : TERMINAL_KEY;
		struct pollfd fds[] = {{.fd = t->signal_fd, .events = POLLIN},
			{.fd = t->listens ? STDIN_FILENO : -1, .events = POLLIN}};
		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			return TERMINAL_LEAVE;
		if (fds[0].revents)
			return take_signals(t) ? TERMINAL_LEAVE : TERMINAL_TIME;
		if (fds[1].revents)
			read_keys(t);
	}
	return TERMINAL_TIME;
}
