/* fuzz_time.c - a parsed time is in the years 1970 to 9999, and its printed text is parsed as the
 * same time. The C library computes the same date. A default zone changes only times whose text
 * names no zone. */
#include <math.h>
#include <time.h>

#include "core/base/buf.h"
#include "core/base/timestamp.h"

#include "fuzz.h"

static int64_t fixed_east_s(void *ctx, int64_t local_s)
{
	(void)local_s;
	return *(int64_t *)ctx;
}

static void check_instant(struct instant t)
{
	char text[24];
	struct instant same;
	struct buf out;
	struct tm tm;
	time_t s = (time_t)instant_second(t);
	struct timestamp_date d = timestamp_date(t);

	FUZZ_HOLDS(t.ms >= 0 && t.ms <= INSTANT_MAX.ms);
	buf_init(&out, text, sizeof text);
	buf_put_instant(&out, t);
	FUZZ_HOLDS(!out.full && timestamp_parse(text, out.len, NULL, &same) && same.ms == t.ms);
	FUZZ_HOLDS(gmtime_r(&s, &tm) && d.year == tm.tm_year + 1900 && d.month == tm.tm_mon + 1 &&
		   d.day == tm.tm_mday);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int64_t zero = 0, hour = 3600;
	struct timestamp_zone utc = {fixed_east_s, &zero}, east = {fixed_east_s, &hour};
	struct instant t = {7}, followed = {7}, in_utc = {7}, in_east = {7};
	char *s = fuzz_exact(data, len), *behind = fuzz_followed(data, len, "0]Z+01:00");
	bool is = timestamp_parse(s, len, NULL, &t);
	double v;

	FUZZ_HOLDS(timestamp_parse(behind, len, NULL, &followed) == is);
	FUZZ_HOLDS(followed.ms == t.ms && (is || t.ms == 7));
	if (is) {
		/* the same text again, then a text with another time of day, as in a later line */
		struct timestamp_day day = {.len = 0};
		struct instant again = {7}, other = {7}, plain = {7};
		check_instant(t);
		FUZZ_HOLDS(timestamp_parse_next(&day, s, len, NULL, &again) && again.ms == t.ms);
		FUZZ_HOLDS(timestamp_parse_next(&day, s, len, NULL, &again) && again.ms == t.ms);
		if (day.len)
			s[day.clock + data[0] % 8] = data[0];
		FUZZ_HOLDS(timestamp_parse_next(&day, s, len, NULL, &other) ==
			   timestamp_parse(s, len, NULL, &plain));
		FUZZ_HOLDS(other.ms == plain.ms);
		memcpy(s, data, len);
	}
	bool in_zone = timestamp_parse(s, len, &utc, &in_utc);
	bool in_other = timestamp_parse(s, len, &east, &in_east);
	if (is)
		FUZZ_HOLDS(in_zone && in_other && in_utc.ms == t.ms && in_east.ms == t.ms);
	else if (in_zone)
		FUZZ_HOLDS(in_utc.ms < 3600000 ? !in_other : in_utc.ms - in_east.ms == 3600000);
	if (len >= sizeof v) {
		memcpy(&v, s, sizeof v);
		if (timestamp_epoch(v, &t)) {
			FUZZ_HOLDS(isfinite(v));
			check_instant(t);
		}
	}
	free(s);
	free(behind);
	return 0;
}
