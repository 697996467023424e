/* memory_silences.c - see memory_silences.h. */
#include "core/record/memory_silences.h"

#include "core/base/instant.h"
#include "core/record/memory_values.h"

#define DAY_MAX (INSTANT_MAX.ms / 86400000)

void memory_put_silences(struct buf *b, const struct silences *s, const struct recent_lines *recent)
{
	const char *between = "";

	buf_put_text(b, ",\n\"silences\":{\"days\":[");
	for (int k = 0; k < SILENCES_DAYS; k++) {
		const struct silences_day *d = &s->days[k];
		if (d->all.ms == 0)
			continue;
		buf_put_text(b, between);
		between = ",";
		buf_put_char(b, '"');
		buf_put_i64(b, d->day);
		buf_put_char(b, ' ');
		buf_put_i64(b, d->longest.ms);
		buf_put_char(b, ' ');
		buf_put_i64(b, d->all.ms);
		buf_put_char(b, '"');
	}
	buf_put_text(b, "],\"foreign_s\":");
	buf_put_i64(b, recent->foreign_s);
	buf_put_text(b,
		recent->foreign_usual ? ",\"foreign_usual\":true}" : ",\"foreign_usual\":false}");
}

static bool read_day(const cJSON *item, struct silences_day *out)
{
	const uint64_t ms_max = (uint64_t)INSTANT_MAX.ms;
	uint64_t day, longest, all;
	const char *s = item->valuestring;

	if (!cJSON_IsString(item) || !next_number(&s, (uint64_t)DAY_MAX, &day) ||
		!next_number(&s, ms_max, &longest) || !next_number(&s, ms_max, &all) || *s ||
		longest > all || longest == 0)
		return false;
	*out = (struct silences_day){
		.day = (int64_t)day, .longest = {(int64_t)longest}, .all = {(int64_t)all}};
	return true;
}

bool memory_read_silences(const cJSON *o, struct memory_silences *out)
{
	const cJSON *list = get_member(o, "days"), *usual = get_member(o, "foreign_usual");
	uint64_t foreign_s;
	int n = 0;

	*out = (struct memory_silences){0};
	if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > SILENCES_DAYS ||
		!cJSON_IsBool(usual) ||
		!read_whole(get_member(o, "foreign_s"), RECENT_LINES_USUAL_S, &foreign_s))
		return false;
	out->foreign_s = (int64_t)foreign_s;
	out->foreign_usual = cJSON_IsTrue(usual);
	for (const cJSON *item = list->child; item; item = item->next)
		if (!read_day(item, &out->days[n++]))
			return false;
	return true;
}

void memory_use_silences(
	const struct memory_silences *m, struct silences *s, struct recent_lines *recent)
{
	memcpy(s->days, m->days, sizeof s->days);
	recent->foreign_s = m->foreign_s;
	recent->foreign_usual = m->foreign_usual;
}
