// Names libnghttp2 for Swift; nothing else includes its headers.
#ifndef SEALGATE_CNGHTTP2_SHIM_H
#define SEALGATE_CNGHTTP2_SHIM_H

#include <nghttp2/nghttp2.h>

#endif
