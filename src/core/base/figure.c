/* figure.c - see figure.h. */
#include "core/base/figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

struct figure figure_amount(double v)
{
	static const struct {
		double unit;
		const char *suffix;
	} units[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
	struct figure t;
	double size = v < 0 ? -v : v;

	if (size < 0.05) /* never prints "-0.0" */
		v = 0;
	if (size < 999.95) {
		snprintf(t.s, sizeof t.s, "%.1f", v);
		return t;
	}
	if (size < 99999.5) {
		snprintf(t.s, sizeof t.s, "%.0f", v);
		return t;
	}
	size_t i = 0;
	/* a number that would round up to 1000.0 is printed in the next larger unit */
	while (i < 2 && size < units[i].unit * 0.99995)
		i++;
	snprintf(t.s, sizeof t.s, "%.1f%s", v / units[i].unit, units[i].suffix);
	return t;
}

struct figure figure_whole(double v)
{
	struct figure t;

	if (v >= 100000)
		return figure_amount(v);
	snprintf(t.s, sizeof t.s, "%.0f", trunc(v));
	return t;
}

struct figure figure_fine(double v)
{
	struct figure t;

	if (v >= 99999.5)
		return figure_amount(v);
	double hundredths = round(100 * v);
	int digits = fmod(hundredths, 100) == 0 ? 0 : fmod(hundredths, 10) == 0 ? 1 : 2;
	snprintf(t.s, sizeof t.s, "%.*f", digits, hundredths / 100);
	return t;
}

struct figure figure_bytes(uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	struct figure t;
	double v = (double)bytes / 1024;
	size_t i = 0;

	for (; v >= 1023.95 && i < 3; i++)
		v /= 1024;
	snprintf(t.s, sizeof t.s, "%.1f %s", v, units[i]);
	return t;
}

struct figure figure_span(struct span d)
{
	struct figure t;
	int64_t s = d.ms < 0 ? 0 : span_to_seconds(d);

	if (s < 60)
		snprintf(t.s, sizeof t.s, "%" PRId64 "s", s);
	else if (s < 3600)
		snprintf(t.s, sizeof t.s, "%" PRId64 "m %" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(t.s, sizeof t.s, "%" PRId64 "h %" PRId64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(t.s, sizeof t.s, "%" PRId64 "d %" PRId64 "h", s / 86400, s / 3600 % 24);
	return t;
}

const char *figure_word(double n, const char *one, const char *more)
{
	return n >= 1 && n < 2 ? one : more;
}

const char *figure_plural(double n)
{
	return figure_word(n, "", "s");
}
