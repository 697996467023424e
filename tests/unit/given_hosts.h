/* given_hosts.h - a state of a run that reads counts. Include it after sample_state.h. */
#ifndef UNIT_GIVEN_HOSTS_H
#define UNIT_GIVEN_HOSTS_H

#include <stdio.h>

/* Sets n hosts. The first `silent` hosts are silent, and the next `missing` hosts have missing
 * lines. */
static inline void given_hosts(struct state *s, uint32_t n, uint32_t silent, uint32_t missing)
{
	sample_without_origins(s);
	s->reads_counts = true;
	s->origins_total = n;
	s->origins_n = n < STATE_ORIGINS_MAX ? n : STATE_ORIGINS_MAX;
	s->origins_in[ORIGIN_SILENT] = silent;
	s->origins_in[ORIGIN_MISSING] = missing;
	for (uint32_t i = 0; i < s->origins_n; i++) {
		struct state_origin *o = &s->origins[i];
		snprintf(o->origin, sizeof o->origin, "web%u", i + 1);
		o->heard.ms = SAMPLE_SAVED_MS - 1500;
		o->lag_s = 1.25;
		o->lines_per_s = 1.5;
		o->clients_per_s = 90.75;
		if (i < silent) {
			o->troubles = 1u << ORIGIN_SILENT;
			o->since.ms = SAMPLE_SAVED_MS - 170000;
			o->heard.ms = SAMPLE_SAVED_MS - 200000;
			o->lag_s = 201.5;
			o->lines_per_s = o->clients_per_s = 0;
		} else if (i < silent + missing) {
			o->troubles = 1u << ORIGIN_MISSING;
			o->since.ms = SAMPLE_SAVED_MS - 20000;
			o->missing = i + 1;
		}
	}
}

#endif
