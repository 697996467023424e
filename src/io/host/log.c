/* log.c - see log.h.
 *
 * Each message is one write(2), so that messages of several programs on one terminal or journal do
 * not mix. With stdio, a crash would lose buffered messages. A failed write is not reported,
 * because there is no place to report it.
 *
 * systemd sets JOURNAL_STREAM to the journal's stream. Children inherit this variable even if their
 * standard error is another file. So it counts only if it matches descriptor 2.
 */
#include "io/host/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/num.h"

/* Room for the text of a message: usually enough for two paths and a reason. A longer text is
 * cut. */
#define TEXT_MAX 2048

/* Shortest time between two messages of a repeated condition, in ms. */
#define REPEAT_MS 60000

static const char *program_name = "anomdetect";
static bool is_verbose;
static bool is_journal; /* standard error is the journal: a message begins with its priority */

/* Compares standard error with JOURNAL_STREAM, which is "DEVICE:INODE" (systemd.exec(5)). */
static bool writes_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char text[48]; /* two numbers of at most 20 digits */
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, text) == 0;
}

void log_init(const char *program)
{
	int saved = errno;

	program_name = program;
	is_journal = writes_to_journal();
	errno = saved;
}

void log_set_verbose(bool verbose)
{
	is_verbose = verbose;
}

struct level {
	const char *name;
	const char *priority; /* prefix of a message for the journal (sd-daemon(3)) */
};
static const struct level level_info = {"info", "<6>"}, level_warning = {"warning", "<4>"},
			  level_error = {"error", "<3>"}, level_fatal = {"fatal", "<2>"};

/* `tail` follows the message, even when the message was cut. The format may contain %m: until it is
 * expanded, errno keeps the caller's value. */
static void print_message(const struct level *level, const char *format, va_list args,
	const char *tail) __attribute__((format(printf, 2, 0)));

static void print_message(
	const struct level *level, const char *format, va_list args, const char *tail)
{
	int saved = errno;
	char text[TEXT_MAX];
	char line[TEXT_MAX + 256]; /* names, tail and newline are short */
	struct buf b;
	int len = vsnprintf(text, sizeof text, format, args);

	if (len < 0)
		len = 0;
	if ((size_t)len >= sizeof text)
		len = sizeof text - 1;
	buf_init(&b, line, sizeof line - 1);
	if (is_journal)
		buf_put_text(&b, level->priority);
	buf_put_text(&b, program_name);
	buf_put_text(&b, ": ");
	buf_put_text(&b, level->name);
	buf_put_text(&b, ": ");
	buf_put_plain(&b, text, (size_t)len);
	buf_put_text(&b, tail);
	line[b.len++] = '\n';
	(void)!write(STDERR_FILENO, line, b.len);
	errno = saved;
}

void log_info(const char *format, ...)
{
	va_list args;

	if (!is_verbose)
		return;
	va_start(args, format);
	print_message(&level_info, format, args, "");
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message(&level_warning, format, args, "");
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message(&level_error, format, args, "");
	va_end(args);
}

void log_fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message(&level_fatal, format, args, "");
	va_end(args);
}

bool log_repeat(struct log_repeat *r, struct instant now, const char *format, ...)
{
	char tail[80] = "";
	int64_t since = instant_since(now, r->last).ms;
	bool printed_before = r->last.ms != 0;
	int saved = errno;
	va_list args;

	/* `since` is negative after the clock was set back. The message is then printed, because
	 * the clock may take long to catch up. */
	if (printed_before && since >= 0 && since < REPEAT_MS) {
		r->muted = num_add_u64(r->muted, 1);
		return false;
	}
	if (r->muted)
		(void)snprintf(
			tail, sizeof tail, " (%" PRIu64 " more since the last message)", r->muted);
	r->last = now;
	r->muted = 0;
	errno = saved;
	va_start(args, format);
	print_message(&level_warning, format, args, tail);
	va_end(args);
	return true;
}
