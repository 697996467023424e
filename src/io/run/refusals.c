/* refusals.c - see refusals.h. The messages never contain text of an event, which anybody may have
 * written. Clients in them are parsed addresses. */
#include "io/run/refusals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/figure.h"
#include "core/read/strangers.h"

/* Room for "ban of 192.0.2.1" or "unban of ...". */
struct named {
	char s[ADDRESS_TEXT_MAX + 16];
};

static struct named name_order(const struct order *o)
{
	struct named text;
	struct buf b;

	buf_init(&b, text.s, sizeof text.s - 1);
	buf_put_text(&b, o->kind == ORDER_BAN ? "ban of " : "unban of ");
	buf_put_address(&b, &o->client);
	text.s[b.len] = '\0';
	return text;
}

/* "; the newest event is 11m behind this host's clock", or "" when the offset is not known. */
struct offset_text {
	char s[96];
};

static struct offset_text offset_of(const struct refusals *r)
{
	struct offset_text text = {""};
	int newer =
		!r->offset[0].known || (r->offset[1].known && r->offset[1].ms > r->offset[0].ms);
	int64_t ms = r->offset[newer].ms;

	if (r->offset[newer].known)
		snprintf(text.s, sizeof text.s, "; the newest event is %s %s this host's clock",
			figure_span((struct span){ms < 0 ? -ms : ms}).s,
			ms < 0 ? "behind" : "ahead of");
	return text;
}

/* Returns advice on a line that is not an event, like input_kind_advice; "": the kind of line is
 * not known. */
static const char *advise_line(struct input_kinds *kinds, const char *line, size_t len)
{
	static const char event[] = "{\"event\":\"";
	enum input_kind kind = input_kinds_look(kinds, line, len);

	if (kind == INPUT_LINE && len && memmem(line + 1, len - 1, event, sizeof event - 1))
		return "it has text before an event\n"
		       "let the broker's client print messages alone (mosquitto_sub without -v)";
	if (kind == INPUT_LINE && stranger_is_request(line, len))
		return "it is a line of an access log\nput `anomdetect |` before anomban";
	if (kind == INPUT_LINE)
		kind = input_kinds_guess(kinds, line, len);
	return kind == INPUT_LINE ? "" : input_kind_advice(kind);
}

void refusals_look(struct refusals *r, bool refused, const char *line, size_t len)
{
	struct buf b;

	input_kinds_begin(&r->kinds, line, len);
	if (!refused || r->looked)
		return;
	r->looked = true;
	buf_init(&b, r->advice, sizeof r->advice - 1);
	for (const char *advice = advise_line(&r->kinds, line, len); *advice;) {
		size_t sentence = strcspn(advice, "\n");
		buf_put_text(&b, "; ");
		buf_put_bytes(&b, advice, sentence);
		advice += sentence + (advice[sentence] != '\0');
	}
	r->advice[b.len] = '\0';
}

void refusals_see(struct refusals *r, const struct order *order, struct instant now)
{
	int64_t minute = instant_second(now) / 60, ms = instant_since(order->time, now).ms;

	if (order->replay || order->repeated)
		return;
	if (minute != r->minute) {
		r->offset[1] = r->offset[0];
		r->offset[1].known &= minute == r->minute + 1;
		r->offset[0].known = false;
		r->minute = minute;
	}
	if (!r->offset[0].known || ms > r->offset[0].ms)
		r->offset[0].ms = ms;
	r->offset[0].known = true;
}

static struct figure age_of(const struct order *o, struct instant now)
{
	int64_t ms = instant_since(now, o->time).ms;

	return figure_span((struct span){ms < 0 ? 0 : ms});
}

void refusals_note(
	struct refusals *r, enum order_reason reason, const struct order *order, struct instant now)
{
	struct log_repeat *repeat = &r->reasons[reason];

	switch (reason) {
	case ORDER_NOT_EVENT:
		log_repeat(repeat, now, "a line is not an event of anomdetect, and is not obeyed%s",
			r->advice);
		break;
	case ORDER_REPLAY:
		log_repeat(repeat, now, "an event of a replay is not obeyed; see --force");
		break;
	case ORDER_BAD_CLIENT:
		log_repeat(repeat, now,
			"an event is not obeyed: its client is not an address or network");
		break;
	case ORDER_BAD_TIME:
		log_repeat(repeat, now,
			"an event is not obeyed: its 'time', 'seconds' or 'until' is missing or "
			"wrong, or they do not agree");
		break;
	case ORDER_FUTURE:
		log_repeat(repeat, now,
			"the %s is not obeyed: it is %s ahead of this host's clock; set the clocks "
			"of both hosts%s",
			name_order(order).s, figure_span(instant_since(order->time, now)).s,
			offset_of(r).s);
		break;
	case ORDER_ENDED:
		if (order->kind == ORDER_BAN)
			log_repeat(repeat, now,
				"the %s is not obeyed: it had ended before it arrived: the event "
				"is %s old by this host's clock%s",
				name_order(order).s, age_of(order, now).s, offset_of(r).s);
		break;
	case ORDER_STALE:
		log_repeat(repeat, now,
			"the permanent %s is not obeyed: the event is %s old by this host's "
			"clock%s",
			name_order(order).s, age_of(order, now).s, offset_of(r).s);
		break;
	case ORDER_OLDER:
		if (!order->repeated)
			log_repeat(repeat, now,
				"the %s is not obeyed: a newer event of this client was obeyed, "
				"and this one is %s old by this host's clock%s",
				name_order(order).s, age_of(order, now).s, offset_of(r).s);
		break;
	case ORDER_OK:
	case ORDER_OTHER_EVENT:
	case ORDER_REASON_COUNT:
		break;
	}
}

void refusals_note_ahead(struct refusals *r, const struct order *order, struct instant now)
{
	struct span ahead = instant_since(order->time, now);

	if (order->replay || ahead.ms <= REFUSALS_AHEAD.ms)
		return;
	log_repeat(&r->ahead, now,
		"the %s is %s ahead of this host's clock, and starts now; set the clocks "
		"of both hosts",
		name_order(order).s, figure_span(ahead).s);
}

void refusals_note_allowed(struct refusals *r, const struct order *order, struct instant now)
{
	log_repeat(&r->allowed, now,
		"the %s is not obeyed: this client is never banned on this host",
		name_order(order).s);
}

void refusals_end(const struct refusals *r)
{
	static const struct {
		const char *one, *more;
	} names[ORDER_REASON_COUNT] = {
		[ORDER_NOT_EVENT] = {"line that is not an event was",
			"lines that are not events were"},
		[ORDER_REPLAY] = {"event of a replay was", "events of replays were"},
		[ORDER_BAD_CLIENT] = {"event with a bad client was",
			"events with a bad client were"},
		[ORDER_BAD_TIME] = {"event with a bad time was", "events with a bad time were"},
		[ORDER_FUTURE] = {"event from the future was", "events from the future were"},
		[ORDER_ENDED] = {"ban that had ended was", "bans that had ended were"},
		[ORDER_STALE] = {"permanent ban that is stale was",
			"permanent bans that are stale were"},
		[ORDER_OLDER] = {"event that is older than others was",
			"events that are older than others were"},
	};

	for (int k = 0; k < ORDER_REASON_COUNT; k++) {
		uint64_t n = r->reasons[k].muted;
		if (names[k].one && n)
			log_warning("%" PRIu64 " more %s not obeyed", n,
				figure_word((double)n, names[k].one, names[k].more));
	}
	if (r->allowed.muted)
		log_warning("%" PRIu64 " more ban%s not obeyed", r->allowed.muted,
			figure_word((double)r->allowed.muted,
				" of a client that is never banned on this host was",
				"s of clients that are never banned on this host were"));
}

void refusals_tell_counters(const struct order_counters *c)
{
	char text[1024];
	struct buf b;

	buf_init(&b, text, sizeof text);
#define PUT(NAME, name)                                                                            \
	buf_put_text(&b, #name " ");                                                               \
	buf_put_u64(&b, c->name);                                                                  \
	buf_put_char(&b, ' ');
	ORDER_COUNTERS(PUT)
#undef PUT
	log_info("%.*s", (int)b.len - 1, text);
}
