/* version.h - the release that `-V` of every program and the `start` event print. */
#ifndef CORE_BASE_VERSION_H
#define CORE_BASE_VERSION_H

#define ANOMDETECT_VERSION "1.0.0"

#endif
