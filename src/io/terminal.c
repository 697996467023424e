/* terminal.c - see terminal.h.
 *
 * No curses: one page, four escape sequences that every terminal of the last thirty years has
 * (xterm's alternate screen, cursor and erasing), and no terminfo to be missing. Signals come as a
 * descriptor (signalfd), beside the keys, so nothing runs in a handler.
 */
#include "io/terminal.h"

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
	bool keys;             /* standard input is a terminal, with modes to give back */
	bool listens;          /* and it has not gone */
	struct termios before; /* of standard input */
	char *text;            /* of the last page */
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

static bool put(const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, data, len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Keys come at once and are not shown; Ctrl-C stays a signal. */
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
	(void)put(LEAVE, strlen(LEAVE));
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
	if (put(ENTER, strlen(ENTER)))
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

static void append(char **at, const char *text)
{
	size_t len = strlen(text);

	memcpy(*at, text, len);
	*at += len;
}

bool terminal_draw(struct terminal *t, const char *page, size_t len)
{
	size_t rows = 0;

	for (size_t i = 0; i < len; i++)
		rows += page[i] == '\n';
	size_t need = len + rows * strlen(END_ROW) + strlen(HOME END_ROW END_PAGE);
	if (need > t->cap) {
		char *more = realloc(t->text, need);
		if (!more)
			return false;
		t->text = more;
		t->cap = need;
	}
	char *at = t->text;
	append(&at, HOME);
	for (size_t i = 0; i < len; i++) {
		if (page[i] == '\n')
			append(&at, END_ROW);
		if (page[i] != '\n' || i + 1 < len) /* after the last row it would scroll */
			*at++ = page[i];
	}
	append(&at, END_PAGE);
	return put(t->text, (size_t)(at - t->text));
}

/* Ctrl-Z: what was on the terminal before is there while we are stopped. */
static void stop_for_a_while(struct terminal *t)
{
	give_back(t);
	raise(SIGSTOP);
	take_keys(t);
	(void)put(ENTER, strlen(ENTER));
}

/* Whether to leave. */
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

static bool take_key(struct terminal *t)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof keys);

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		t->listens = false; /* it has gone: what is left are signals */
	for (ssize_t i = 0; i < n; i++)
		if (keys[i] == 'q' || keys[i] == 'Q' || keys[i] == CONTROL_C)
			return true;
	return false;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum terminal_came terminal_wait(struct terminal *t, int ms)
{
	int64_t due = now_ms() + ms;

	for (int64_t left = ms; left > 0; left = due - now_ms()) {
		struct pollfd fds[] = {{.fd = t->signal_fd, .events = POLLIN},
			{.fd = t->listens ? STDIN_FILENO : -1, .events = POLLIN}};
		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			return TERMINAL_LEAVE;
		if (fds[0].revents)
			return take_signals(t) ? TERMINAL_LEAVE : TERMINAL_TIME;
		if (fds[1].revents && take_key(t))
			return TERMINAL_LEAVE;
	}
	return TERMINAL_TIME;
}
