/* engine_port.h - the engine's questions to the firewall: enforce answers, refusals are reported.
 *
 * Path:    engine -> [engine_port] -> enforce; refusals -> report, and a message for people.
 */
#ifndef IO_RUN_ENGINE_PORT_H
#define IO_RUN_ENGINE_PORT_H

#include "core/engine/engine.h"
#include "io/host/log.h"
#include "io/run/enforce.h"
#include "io/run/report.h"

/* All are the caller's. */
struct engine_port {
	struct enforce *enforce;
	struct report *report;
	const struct instant *wall; /* of the batch that is being read */
	struct log_repeat repeat;
};

/* For the engine's config; refers to *p, which is filled before the first line. */
struct engine_firewall engine_port_firewall(struct engine_port *p);

/* Reports that the firewall refused: the event and the message once per minute. The engine's
 * counter has each refusal. */
void engine_port_report_refusal(struct engine_port *p, const char *reason, struct instant time);

#endif
