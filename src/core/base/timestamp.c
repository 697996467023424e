/* timestamp.c - see timestamp.h.
 *
 * strptime and timegm are not used: they depend on the locale and the environment, need a text that
 * ends in a NUL, and accept forms that no log should contain.
 */
#include "core/base/timestamp.h"

#include <string.h>

#include "core/base/num.h"

/* A position in the text; every read function returns false at the end of the text. */
struct cursor {
	const char *s;
	const char *end;
};

static bool read_char(struct cursor *c, char want)
{
	if (c->s == c->end || *c->s != want)
		return false;
	c->s++;
	return true;
}

/* Parses the two digits at s; the caller has checked that the text is long enough. */
static inline bool read_two(const char *s, int64_t *out)
{
	unsigned tens = (unsigned)(s[0] - '0'), ones = (unsigned)(s[1] - '0');

	*out = tens * 10 + ones;
	return tens <= 9 && ones <= 9;
}

static inline bool read_four(const char *s, int64_t *out)
{
	int64_t high, low;

	if (!read_two(s, &high) || !read_two(s + 2, &low))
		return false;
	*out = high * 100 + low;
	return true;
}

/* Days since 1970-01-01: http://howardhinnant.github.io/date_algorithms.html#days_from_civil */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	int64_t era = y / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

struct timestamp_date timestamp_date(struct instant t)
{
	int64_t second = instant_second(t);
	int64_t z = second / 86400 + 719468;
	int64_t era = z / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int64_t month = mp < 10 ? mp + 3 : mp - 9;

	return (struct timestamp_date){
		.year = yoe + era * 400 + (month <= 2),
		.month = month,
		.day = doy - (153 * mp + 2) / 5 + 1,
		.second_of_day = second % 86400,
	};
}

static int64_t month_days(int64_t year, int64_t month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Parses hh:mm:ss and optional decimals; *ms is the millisecond of the day. */
static bool read_clock(struct cursor *c, int64_t *ms)
{
	int64_t h, m, s, fraction = 0, unit = 100;
	const char *at = c->s;

	if (c->end - at < 8 || !read_two(at, &h) || at[2] != ':' || !read_two(at + 3, &m) ||
		at[5] != ':' || !read_two(at + 6, &s) || h > 23 || m > 59 || s > 60)
		return false;
	c->s += 8;
	if (s == 60)
		s = 59;
	if (c->s < c->end && (*c->s == '.' || *c->s == ',')) {
		const char *first = ++c->s;
		for (; c->s < c->end && *c->s >= '0' && *c->s <= '9'; c->s++, unit /= 10)
			/* from the fourth digit on, `unit` is 0 */
			fraction += (*c->s - '0') * unit;
		if (c->s == first)
			return false;
	}
	*ms = ((h * 60 + m) * 60 + s) * 1000 + fraction;
	return true;
}

/* A date and a time of day whose zone is not yet known. */
struct local {
	int64_t year, month, day;
	int64_t ms; /* of the day */
};

/* Parses Z, +hh:mm or +hhmm; *minutes is positive east of UTC. */
static bool read_zone(struct cursor *c, int64_t *minutes)
{
	int64_t h, m;

	if (read_char(c, 'Z') || read_char(c, 'z')) {
		*minutes = 0;
		return true;
	}
	bool west = read_char(c, '-');
	if (!west && !read_char(c, '+'))
		return false;
	if (c->end - c->s < 4 || !read_two(c->s, &h))
		return false;
	c->s += 2;
	(void)read_char(c, ':');
	if (c->end - c->s < 2 || !read_two(c->s, &m) || h > 23 || m > 59)
		return false;
	c->s += 2;
	*minutes = (west ? -1 : 1) * (h * 60 + m);
	return true;
}

/* Parses the rest of the text: nothing, or a zone after at most one blank. */
static bool finish_time(struct cursor c, const struct local *l, const struct timestamp_zone *zone,
	struct instant *out)
{
	int64_t east_s;

	if (l->month < 1 || l->month > 12 || l->day < 1 ||
		(l->day > 28 && l->day > month_days(l->year, l->month)))
		return false;
	int64_t at = days_from_civil(l->year, l->month, l->day) * 86400000 + l->ms;
	if (c.s == c.end) {
		if (!zone)
			return false;
		east_s = zone->east_s(zone->ctx, at / 1000);
	} else {
		(void)read_char(&c, ' ');
		if (!read_zone(&c, &east_s) || c.s != c.end)
			return false;
		east_s *= 60;
	}
	at -= east_s * 1000;
	if (at < 0 || at > INSTANT_MAX.ms)
		return false;
	*out = (struct instant){at};
	return true;
}

static bool parse_rfc3339(struct cursor c, const struct timestamp_zone *zone, struct instant *out)
{
	struct local l;
	const char *s = c.s;

	if (c.end - s < 19 || !read_four(s, &l.year) || (s[4] != '-' && s[4] != '/') ||
		!read_two(s + 5, &l.month) || s[7] != s[4] || !read_two(s + 8, &l.day) ||
		(s[10] != 'T' && s[10] != 't' && s[10] != ' '))
		return false;
	c.s += 11;
	return read_clock(&c, &l.ms) && finish_time(c, &l, zone, out);
}

static bool read_month(const char *s, int64_t *month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++) {
		if (memcmp(s, names + i * 3, 3) == 0) {
			*month = i + 1;
			return true;
		}
	}
	return false;
}

static bool parse_clf(struct cursor c, const struct timestamp_zone *zone, struct instant *out)
{
	struct local l;

	if (read_char(&c, '[') && (c.s == c.end || *--c.end != ']'))
		return false;
	const char *s = c.s;
	if (c.end - s < 20 || !read_two(s, &l.day) || s[2] != '/' || !read_month(s + 3, &l.month) ||
		s[6] != '/' || !read_four(s + 7, &l.year) || s[11] != ':')
		return false;
	c.s += 12;
	return read_clock(&c, &l.ms) && finish_time(c, &l, zone, out);
}

bool timestamp_epoch(double v, struct instant *out)
{
	/* 1e11 s is in the year 5138 and 1e11 ms is in 1973: no log is from either year */
	if (v >= 1e17)
		v /= 1e9;
	else if (v >= 1e14)
		v /= 1e6;
	else if (v >= 1e11)
		v /= 1e3;
	return num_epoch_double(v, out);
}

bool timestamp_parse(
	const char *s, size_t len, const struct timestamp_zone *zone, struct instant *out)
{
	struct cursor c = {s, s + len};
	double v;

	return parse_rfc3339(c, zone, out) || parse_clf(c, zone, out) ||
	       (num_double(s, len, &v) && timestamp_epoch(v, out));
}

static bool names_zone(const char *s, size_t len)
{
	char last = s[len - 1];

	return last == 'Z' || last == 'z' || strchr("+-", s[len - 5]) || strchr("+-", s[len - 6]);
}

/* Converts "hh:mm:ss" to the second of the day; the caller has checked the length. Returns false
 * for a leap second, which only timestamp_parse reads. */
static bool read_seconds(const char *s, int64_t *seconds)
{
	int64_t hour, minute, second;

	if (!read_two(s, &hour) || !read_two(s + 3, &minute) || !read_two(s + 6, &second) ||
		s[2] != ':' || s[5] != ':' || hour > 23 || minute > 59 || second > 59)
		return false;
	*seconds = (hour * 60 + minute) * 60 + second;
	return true;
}

/* Stores a text and its time t, if they help to parse other times of the same day. */
static void set_day(struct timestamp_day *d, const char *s, size_t len, struct instant t)
{
	int64_t seconds;

	d->len = 0;
	if (len < 20 || len > sizeof d->text || !names_zone(s, len))
		return;
	d->clock = s[4] == '-' || s[4] == '/' ? 11 : s[0] == '[' ? 13 : 12;
	if (d->clock + 8 > len || !read_seconds(s + d->clock, &seconds))
		return;
	memcpy(d->text, s, len);
	d->len = len;
	d->start = t.ms - seconds * 1000;
}

static bool is_same_day(const struct timestamp_day *d, const char *s, size_t len)
{
	size_t rest = d->clock + 8;

	return len && len == d->len && memcmp(s, d->text, d->clock) == 0 &&
	       memcmp(s + rest, d->text + rest, len - rest) == 0;
}

bool timestamp_parse_next(struct timestamp_day *d, const char *s, size_t len,
	const struct timestamp_zone *zone, struct instant *out)
{
	int64_t seconds;

	if (is_same_day(d, s, len) && read_seconds(s + d->clock, &seconds)) {
		int64_t at = d->start + seconds * 1000;
		if (at < 0 || at > INSTANT_MAX.ms)
			return false;
		out->ms = at;
		return true;
	}
	if (!timestamp_parse(s, len, zone, out))
		return false;
	set_day(d, s, len, *out);
	return true;
}
