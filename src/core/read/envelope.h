/* envelope.h - the headers that other programs write before the JSON object of a line.
 *
 * Path:    io/host/line_reader -> [envelope] -> line.
 * Method:  removes at most ENVELOPE_LAYERS_MAX layers, each by a strict grammar. The object must
 *          follow the last layer directly. The layers:
 *
 *   a UTF-8 byte order mark; blanks
 *   RFC 3164 syslog   [<PRI>]Nov 22 [2026 ]04:16:00[.123456] [HOST ]TAG[PID]: {
 *   RFC 5424 syslog   <PRI>1 TIME HOST APP PROCID MSGID - {       (or structured data for the -)
 *   rsyslog           [<PRI>]2026-11-22T04:16:00.1+01:00 HOST TAG[PID]: {
 *   journalctl        Sun 2026-11-22 04:16:00 CET HOST TAG[PID]: {
 *                     1795320960.123456 HOST TAG[PID]: {          (-o short-unix)
 *                     [ 1234.567890] HOST TAG[PID]: {             (-o short-monotonic)
 *   a priority        <PRI>{
 *   an octet count    123 <PRI>..., of a frame that is the whole line (RFC 6587)
 *   CRI               2026-11-22T04:16:00.1+01:00 stdout F {
 *   Heroku            2026-11-22T04:16:00.1+00:00 app[web.1]: {
 *   a timestamp       2026-11-22T04:16:00.1Z {                    (docker logs -t)
 *   a cookie          @cee: {
 *   a container       web-1  | {                                  (docker compose logs)
 *   a pod             [pod/web-0/nginx] {                         (kubectl logs --prefix)
 *   stern             web-7d4b9c6f5b-x2x7k nginx {
 *
 * Any other text before a brace may come from a client. For example, an error log quotes requests.
 * A request for /{"remote_addr":"..."} must not count as a request from the address in it. The
 * first layer begins at the first byte of the line, and each further layer begins where the
 * previous one ends. So no layer can begin inside a quoted request.
 */
#ifndef CORE_READ_ENVELOPE_H
#define CORE_READ_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#define ENVELOPE_LAYERS_MAX 4

struct envelope {
	bool standard_error; /* the line was written to stderr */
	unsigned layers_n;
	/* the name of each layer, for messages; NULL: messages do not name the layer */
	const char *names[ENVELOPE_LAYERS_MAX];
};

/* The number of bytes before the object's opening brace. ENVELOPE_NONE if no object follows the
 * layers. */
#define ENVELOPE_NONE ((size_t)-1)
size_t envelope_len(const char *line, size_t len, struct envelope *e);

/* The number of bytes of all layers, for a line that may contain no object: from 0 to the whole
 * line. */
size_t envelope_peel(const char *line, size_t len, struct envelope *e);

#endif
