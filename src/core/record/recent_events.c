/* recent_events.c - see recent_events.h. The texts use the same words as the JSON of the events. A
 * text is formatted when its event is stored, because the strings that an event points to do not
 * outlive the event. */
#include "core/record/recent_events.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/figure.h"

/* Similar events are merged for this time after the first one. */
static const struct span apart = {60 * 1000};

/* The word that distinguishes events of the same kind; NULL if the kind has no such word. */
static const char *reason_of(const struct event *e)
{
	if (e->scope == SCOPE_ORIGIN)
		return origin_trouble_name(e->trouble);
	if (e->kind == EVENT_ALERT && e->scope == SCOPE_CLIENT)
		return e->hold;
	if ((e->kind == EVENT_ALERT && e->scope == SCOPE_SITE) || e->kind == EVENT_RECOVERED)
		return signal_name(e->signal);
	return e->kind == EVENT_BAN || e->kind == EVENT_START || e->kind == EVENT_STOP ? NULL
										       : e->reason;
}

static bool same_word(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void put_evidence(struct buf *b, const struct verdict *v)
{
	const struct evidence *first = &v->evidence[0];

	if (v->evidence_n == 0)
		return;
	buf_put_text(b, rule_name(first->rule));
	buf_put_char(b, ' ');
	buf_put_fixed(b, first->value, 1);
	buf_put_text(b, " > ");
	buf_put_fixed(b, first->limit, 1);
	if (v->evidence_n > 1) {
		buf_put_text(b, " +");
		buf_put_u64(b, v->evidence_n - 1);
	}
}

static void put_ban(struct buf *b, const struct event *e)
{
	buf_put_address(b, &e->client);
	buf_put_text(b, "  ");
	put_evidence(b, &e->verdict);
	buf_put_text(b, ", strike ");
	buf_put_u64(b, e->strike);
	buf_put_text(b, e->permanent ? ", permanent" : ", ");
	if (!e->permanent)
		buf_put_text(b, figure_span(e->seconds).s);
	if (e->temporary)
		buf_put_text(b, strcmp(event_length(e), "paths_alone") == 0 ? " (paths alone)"
									    : " (rates alone)");
	if (e->verdict.parole)
		buf_put_text(b, ", on parole");
}

static void put_origin(struct buf *b, const struct event *e)
{
	buf_put_text(b, "origin ");
	buf_put_text(b, e->origin->name);
	buf_put_char(b, ' ');
	buf_put_text(b, origin_trouble_name(e->trouble));
}

static void put_alert(struct buf *b, const struct event *e)
{
	switch (e->scope) {
	case SCOPE_CLIENT:
		buf_put_address(b, &e->client);
		buf_put_text(b, "  not banned: ");
		buf_put_text(b, e->hold ? e->hold : "");
		buf_put_text(b, "; ");
		put_evidence(b, &e->verdict);
		break;
	case SCOPE_SITE:
		buf_put_text(b, signal_name(e->signal));
		buf_put_char(b, ' ');
		buf_put_text(b, figure_amount(e->verdict.rate).s);
		buf_put_text(b, "/s, mean ");
		buf_put_text(b, figure_amount(e->verdict.mean).s);
		buf_put_text(b, "/s, ");
		buf_put_u64(b, e->clients);
		buf_put_text(b, e->clients == 1 ? " client, " : " clients, ");
		buf_put_u64(b, e->new_clients);
		buf_put_text(b, " new");
		break;
	case SCOPE_BANS:
		buf_put_text(b, e->reason ? e->reason : "");
		buf_put_text(b, "  ");
		if (e->client.prefix_len)
			buf_put_address(b, &e->client);
		else
			buf_put_u64(b, e->count);
		break;
	case SCOPE_ORIGIN:
		put_origin(b, e);
		break;
	}
}

static void put_text(struct buf *b, const struct event *e)
{
	switch (e->kind) {
	case EVENT_START:
		buf_put_text(b, e->enforced ? "bans are enforced, " : "bans are not enforced, ");
		buf_put_u64(b, e->restored);
		buf_put_text(b, " restored");
		break;
	case EVENT_ALERT:
		put_alert(b, e);
		break;
	case EVENT_RECOVERED:
		if (e->scope == SCOPE_ORIGIN)
			put_origin(b, e);
		else
			buf_put_text(b, signal_name(e->signal));
		buf_put_text(b, " after ");
		buf_put_text(b, figure_span(e->seconds).s);
		break;
	case EVENT_BAN:
		put_ban(b, e);
		break;
	case EVENT_UNBAN:
		buf_put_address(b, &e->client);
		buf_put_text(b, "  ");
		buf_put_text(b, e->reason ? e->reason : "");
		break;
	case EVENT_ERROR:
		buf_put_text(b, e->reason ? e->reason : "");
		buf_put_text(b, "  ");
		buf_put_plain(b, e->message ? e->message : "", e->message ? strlen(e->message) : 0);
		break;
	default:
		buf_put_text(b, e->reason ? e->reason : "");
	}
}

void recent_events_note(struct recent_events *r, const struct event *e)
{
	struct recent_event *newest =
		&r->events[(r->n + RECENT_EVENTS_MAX - 1) % RECENT_EVENTS_MAX];
	const char *reason = reason_of(e);
	struct buf b;

	if (e->kind == EVENT_BASELINE && !e->reason)
		return;
	if (r->n && strcmp(newest->event, event_name(e->kind)) == 0 &&
		same_word(r->reason, reason) &&
		instant_since(e->time, newest->time).ms < apart.ms) {
		newest->more += newest->more < UINT32_MAX;
		return;
	}
	newest = &r->events[r->n++ % RECENT_EVENTS_MAX];
	memset(newest, 0, sizeof *newest);
	newest->time = e->time;
	r->reason = reason;
	snprintf(newest->event, sizeof newest->event, "%s", event_name(e->kind));
	buf_init(&b, newest->text, sizeof newest->text - 1);
	put_text(&b, e);
	request_text_set(&newest->request, e->request);
}

size_t recent_events_list(const struct recent_events *r, struct recent_event out[RECENT_EVENTS_MAX])
{
	size_t n = r->n < RECENT_EVENTS_MAX ? (size_t)r->n : RECENT_EVENTS_MAX;

	for (size_t i = 0; i < n; i++)
		out[i] = r->events[(r->n - 1 - i) % RECENT_EVENTS_MAX];
	return n;
}
