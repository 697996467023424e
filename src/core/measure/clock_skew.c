/* clock_skew.c - see clock_skew.h.
 *
 * A buffered log arrives in batches, whose oldest lines are seconds old. So only the highest offset
 * of many lines is compared. It is the offset of the newest of these lines.
 */
#include "core/measure/clock_skew.h"

#include <stdlib.h>

#include "core/base/buf.h"

/* offsets between time zones are multiples of 15 minutes */
#define QUARTER_MS ((int64_t)900 * 1000)

static int64_t later_of(int64_t a, int64_t b)
{
	return a < b ? b : a;
}

bool clock_skew_is_zone(struct span offset)
{
	int64_t distance = llabs(offset.ms);
	int64_t past = distance % QUARTER_MS;

	return distance > QUARTER_MS / 2 &&
	       (past <= CLOCK_SKEW_OFF.ms || QUARTER_MS - past <= CLOCK_SKEW_OFF.ms);
}

static void write_message(struct clock_skew *s)
{
	struct buf b;

	buf_init(&b, s->message, sizeof s->message - 1);
	buf_put_text(&b, "the log's times are ");
	buf_put_i64(&b, llabs(s->later_ms) / 1000);
	buf_put_text(&b, s->later_ms < 0 ? " s behind" : " s ahead of");
	buf_put_text(&b, " this host's clock: ");
	buf_put_text(&b, clock_skew_is_zone((struct span){s->later_ms})
				 ? "they have no time zone or a wrong one; see --tz"
				 : "a clock is wrong, or lines arrive late");
	s->message[b.len] = '\0';
}

static void begin_row(struct clock_skew *s, int64_t offset_ms, struct instant wall)
{
	s->n = 1;
	s->since = wall;
	s->low_ms = s->high_ms = offset_ms;
	s->later_ms = INT64_MIN;
}

bool clock_skew_note(struct clock_skew *s, struct instant logged, struct instant wall)
{
	int64_t offset_ms = instant_since(logged, wall).ms;
	struct span lasted;

	if (s->told)
		return false;
	if (llabs(offset_ms) <= CLOCK_SKEW_OFF.ms) {
		s->n = 0;
		return false;
	}
	if (s->n == 0 || offset_ms - s->low_ms > CLOCK_SKEW_WIDTH.ms ||
		later_of(s->high_ms, s->later_ms) - offset_ms > CLOCK_SKEW_WIDTH.ms) {
		begin_row(s, offset_ms, wall);
		return false;
	}
	lasted = instant_since(wall, s->since);
	if (offset_ms < s->low_ms)
		s->low_ms = offset_ms;
	if (++s->n <= CLOCK_SKEW_LINES / 2 || lasted.ms < CLOCK_SKEW_LEAST.ms / 2)
		s->high_ms = later_of(s->high_ms, offset_ms);
	else
		s->later_ms = later_of(s->later_ms, offset_ms);
	if (s->n < CLOCK_SKEW_LINES || lasted.ms < CLOCK_SKEW_LEAST.ms ||
		llabs(s->later_ms - s->high_ms) > CLOCK_SKEW_NEARER.ms)
		return false;
	s->told = true;
	write_message(s);
	return true;
}

void clock_skew_restart(struct clock_skew *s)
{
	s->n = 0;
}
