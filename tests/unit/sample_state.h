/* sample_state.h - a state with a different value in every member, for the tests of state and
 * screen. */
#ifndef TESTS_SAMPLE_STATE_H
#define TESTS_SAMPLE_STATE_H

#include <stdio.h>
#include <string.h>

#include "core/record/state.h"

#define SAMPLE_SAVED_MS 1795320960343 /* 2026-11-22T04:16:00.343Z */

static inline struct address sample_address(const char *text)
{
	struct address a = {0};

	(void)address_parse_prefix(text, strlen(text), &a);
	return a;
}

static inline struct request_text sample_request(
	const char *method, const char *path, uint32_t status)
{
	struct request_text t = {.status = status};

	snprintf(t.method, sizeof t.method, "%s", method);
	snprintf(t.path, sizeof t.path, "%s", path);
	return t;
}

static inline void sample_site(struct state *s)
{
	s->now.ms = SAMPLE_SAVED_MS - 43;
	s->requests = 24750;
	s->errors = 738;
	s->last_line.ms = SAMPLE_SAVED_MS - 243;
	s->lag_s = 0.1875;
	s->silence_s = 0.25;
	s->silence_longest_s = 8.5;
	s->silence_limit_s = 900;
	s->bad_share = 0.4375;
	s->rejected_share = 0.25;
	s->late_share = 0.125;
	s->no_status_share = 0.0625;
	s->alarm[SIGNAL_REQUESTS] = 59.25;
	s->alarm[SIGNAL_ERRORS] = 2.1875;
	s->failing = true;
	s->pages_failing = true;
	s->learning_s = 417;
	for (uint64_t i = HOLD_ALLOWED; i < HOLD_COUNT; i++)
		s->held[i] = 70 + i;
	s->no_effect.ms = SAMPLE_SAVED_MS - 7000043;
	s->z[SIGNAL_REQUESTS] = 61.125;
	s->z[SIGNAL_ERRORS] = -0.5;
	s->abnormal[SIGNAL_REQUESTS] = true;
	s->abnormal_since[SIGNAL_REQUESTS].ms = SAMPLE_SAVED_MS - 209000;
	s->baseline.mean = 39.75;
	s->baseline.stddev = 6.5;
	s->baseline.error_mean = 0.4375;
	s->baseline.error_stddev = 0.625;
	s->baseline.source = BASELINE_HOUR;
	s->baseline.error_source = BASELINE_RECENT;
	s->baseline.ready = true;
	s->error_share = 0.25;
	s->limits[LIMIT_REQUESTS] = 1200.5;
	s->limits[LIMIT_ERRORS] = 20.25;
	s->limits[LIMIT_VISIT_REQUESTS] = 3012.75;
	s->limits[LIMIT_VISIT_ERRORS] = 31.125;
	s->limits[LIMIT_MARK] = 38.375;
	s->limits[LIMIT_VISIT_MARK] = 77.5;
	s->limits_known = true;
	s->visits = 5120.875;
	s->clients = 2112;
	s->paths = 4711;
	s->slow_clients = 312;
}

static inline void sample_origins(struct state *s)
{
	static const char *const names[] = {"web3", "web1", "web-2.example_net"};

	s->reads_counts = true;
	s->origins_total = 4;
	s->origins_n = 3;
	s->origins_in[ORIGIN_MISSING] = 2;
	s->origins_in[ORIGIN_SILENT] = 1;
	s->origins_in[ORIGIN_CLOCK] = 3;
	s->origins[0].troubles = 1u << ORIGIN_SILENT | 1u << ORIGIN_MISSING;
	s->origins[0].since.ms = SAMPLE_SAVED_MS - 170000;
	for (uint32_t i = 0; i < 3; i++) {
		struct state_origin *o = &s->origins[i];
		snprintf(o->origin, sizeof o->origin, "%s", names[i]);
		o->lag_s = 200.5 - 99 * i;
		o->offset_s = 0.125 - i;
		o->lines_per_s = 1.5 + i;
		o->clients_per_s = 90.75 + i;
		o->missing = 3 - i;
		o->lost = 30 + i;
		o->heard.ms = i == 1 ? 0 : SAMPLE_SAVED_MS - 200000 - i;
	}
}

/* Changes the sample to a state of a run that reads a log. */
static inline void sample_without_origins(struct state *s)
{
	s->reads_counts = false;
	s->origins_total = 0;
	s->origins_n = 0;
	memset(s->origins_in, 0, sizeof s->origins_in);
	memset(s->origins, 0, sizeof s->origins);
}

static inline void sample_lists(struct state *s)
{
	static const char *const top[] = {"198.51.100.7", "2001:db8:1:2::/64", "198.51.100.0/24"};
	static const char *const bans[] = {"203.0.113.9", "2001:db8:bad::/64", "203.0.113.10"};

	s->top_n = 3;
	s->bans_n = 3;
	s->bans_total = 3;
	s->bans_not_enforced = 2;
	s->top[1].held = true;
	for (uint32_t i = 0; i < 3; i++) {
		s->top[i].client = sample_address(top[i]);
		s->top[i].requests = 1204 - 100 * i;
		s->top[i].errors = 30 - i;
		s->bans[i].client = sample_address(bans[i]);
		s->bans[i].strike = i + 2;
		s->bans[i].since.ms = SAMPLE_SAVED_MS - 48000 - i;
		s->bans[i].until.ms = SAMPLE_SAVED_MS + 552000 * (int64_t)(i + 1);
		s->bans[i].enforced = true;
	}
	s->bans[1].until = INSTANT_MAX;
	s->bans[2].temporary = true;
	s->bans[0].request = sample_request("GET", "/shop?<b>\"'&\\", 200);
	s->bans[0].evidence = (struct evidence){RULE_VISIT_REQUESTS, 331.125, 330};
	s->bans[2].evidence = (struct evidence){RULE_REQUESTS, 1201, 1200};
	s->bans[0].rules = 1u << RULE_VISIT_REQUESTS;
	s->bans[1].rules = 1u << RULE_SWARM;
	s->bans[2].rules = 1u << RULE_REQUESTS | 1u << RULE_ZSCORE | 1u << RULE_MULTIPLIER;
}

/* Fills all of *s, and sets the padding between its members to 0. */
static inline void sample_fill(struct state *s)
{
	uint64_t n = 1;

	memset(s, 0, sizeof *s);
	s->saved.ms = SAMPLE_SAVED_MS;
	s->started.ms = SAMPLE_SAVED_MS - 15154000;
	s->running = true;
	s->pid = 812;
	snprintf(s->host, sizeof s->host, "web1");
	snprintf(s->trouble, sizeof s->trouble, "the rule is after another");
	snprintf(s->program_version, sizeof s->program_version, "0.1.0");
	s->cpu_percent = 1.25;
	s->cpu_seconds = 77.5;
	s->memory_bytes = 47513600;
	s->lines_per_s = 1204.5;
	s->interval_s = 3;
	snprintf(s->firewall, sizeof s->firewall, "ipset");
	snprintf(s->set_name, sizeof s->set_name, "anomdetect");
	s->ipv4_prefix = 24;
	s->ipv6_prefix = 64;
	sample_site(s);
	sample_lists(s);
	sample_origins(s);
	s->history_n = STATE_HISTORY_MAX;
	for (uint32_t i = 0; i < STATE_HISTORY_MAX; i++) {
		s->history_requests[i] = 360 + i * 7919 % 97 + (i > 158 ? (i - 158) * 180 : 0);
		s->history_errors[i] = i * 31 % 7;
	}
	for (int i = 0; i < STATE_HOURS; i++) {
		s->hours[i].mean = i + 0.25;
		s->hours[i].stddev = i + 0.5;
		s->hours[i].error_mean = i + 0.75;
		s->hours[i].seconds = (uint64_t)i * 3600;
	}
	s->events_n = 2;
	s->events[1].request = sample_request("POST", "/wp-login.php", 599);
	for (uint32_t i = 0; i < 2; i++) {
		s->events[i].time.ms = SAMPLE_SAVED_MS - 60000 * (int64_t)i;
		s->events[i].more = 2 * i;
		snprintf(s->events[i].event, sizeof s->events[i].event, i ? "ban" : "unban");
		snprintf(s->events[i].text, sizeof s->events[i].text,
			i ? "203.0.113.9  requests 121 > 120, strike 2, 10m 0s"
			  : "203.0.113.9  expired");
	}
#define SAMPLE_COUNTER(name) s->counters.name = 1000 + n++;
	COUNTERS(SAMPLE_COUNTER)
#undef SAMPLE_COUNTER
}

#endif
