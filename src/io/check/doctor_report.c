/* doctor_report.c - see doctor_parts.h: prints one line for each step of --doctor. `link` is the
 * name of the step. */
#include <stdarg.h>
#include <stdio.h>

#include "io/check/doctor_parts.h"

__attribute__((format(printf, 3, 0))) static void print_link(
	const char *tag, const char *link, const char *format, va_list args)
{
	char text[DOCTOR_TEXT_CAP];

	vsnprintf(text, sizeof text, format, args);
	for (char *c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' '; /* puts output of iptables on one line */
	}
	printf("%s %s: %s\n", tag, link, text);
}

bool doctor_report(bool ok, const char *link, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_link(ok ? "ok  " : "FAIL", link, format, args);
	va_end(args);
	return ok;
}

void doctor_warn(const char *link, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_link("warn", link, format, args);
	va_end(args);
}

void doctor_skip(const char *link, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_link("skip", link, format, args);
	va_end(args);
}
