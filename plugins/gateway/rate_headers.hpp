// rate_headers.hpp: a tenant's request rate as header lines: RateLimit-Policy and RateLimit (structured fields of
// draft-ietf-httpapi-ratelimit-headers-10) and the X-RateLimit-* that came before them. Pure; any thread.
#pragma once

#include <socle/abi.h>

#include <string>

namespace socle::gateway {

// Appends five lines. The quota is the burst, its window the time in which the rate fills it again; both in whole
// numbers, times rounded up, so that who waits that long is served.
void append_rate_headers(std::string& out, const socle_rate& rate);

}  // namespace socle::gateway
