/* engine_emit.c - see engine_parts.h: gives an event to the engine's sink. */
#include "core/engine/engine_parts.h"

#include <string.h>

struct event engine_event(const struct engine *e, enum event_kind kind, struct instant time)
{
	return (struct event){.kind = kind, .time = time, .replay = e->config.replay};
}

void engine_emit(struct engine *e, const struct event *event)
{
	bool news = !event->repeat;

	e->lasting += news && event->kind == EVENT_BAN && event->permanent;
	e->lasting += news && event->kind == EVENT_UNBAN && strcmp(event->reason, "expired") != 0;
	e->sink(e->ctx, event);
}
