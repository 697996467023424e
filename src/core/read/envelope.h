/* envelope.h - what may stand before the JSON object of a line.
 *
 * Path:    io/host/line_reader -> [envelope] -> line.
 *
 * Exactly one of these, and then the object at once:
 *   nothing, or blanks
 *   a UTF-8 byte order mark
 *   RFC 3164 syslog   [<PRI>]Nov 22 04:16:00 [HOST ]TAG[PID]: {
 *   RFC 5424 syslog   <PRI>1 TIME HOST APP PROCID MSGID - {       (or structured data for the -)
 *   rsyslog's files   2026-11-22T04:16:00.1+01:00 HOST TAG[PID]: {
 *   CRI               2026-11-22T04:16:00.1+01:00 stdout F {
 *
 * Any other text before a brace is somebody's words: an error log quotes what clients send, and a
 * request for /{"remote_addr":"..."} must not be taken for a line about that address.
 */
#ifndef CORE_READ_ENVELOPE_H
#define CORE_READ_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes before the object's opening brace, or ENVELOPE_NONE when no object begins where one may. */
struct envelope {
	const char *name;    /* what stands there, for a person; NULL: nothing that has a name */
	bool standard_error; /* the line was written there */
};

#define ENVELOPE_NONE ((size_t)-1)
size_t envelope_len(const char *line, size_t len, struct envelope *e);

#endif
