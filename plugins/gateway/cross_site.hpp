// cross_site.hpp: whether a page of another site makes a browser send this request. Asked where a listener's own
// identity would answer for it: no cookie that a browser could hold back is needed there, so that any page could write
// in the listener's name. What the browser says of itself counts, as for auth/1's cookies; no page can leave it out or
// change it, and what is no browser sends neither field. A page whose own name leads to this machine is
// local_name.hpp's to refuse. Pure.
#pragma once

#include "head.hpp"
#include "refusal.hpp"
#include "target.hpp"

namespace socle::gateway {

// Nothing is refused that only reads (GET, HEAD, OPTIONS). Else Sec-Fetch-Site must say that a page of this origin or
// the user asks; without it Origin, if there is one, must name the host of Host. auth/1 judges its cookies by the same
// rule; tests/support/cross_site_cases.hpp holds both to it.
[[nodiscard]] Refusal cross_site(Method method, const Head& head);

}  // namespace socle::gateway
