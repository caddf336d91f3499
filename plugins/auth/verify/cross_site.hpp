// cross_site.hpp: whether a request that a browser sends with its cookie was made by a page of ours. What the browser
// itself says counts (Sec-Fetch-Site, else Origin against Host); no browser of the last years sends an unsafe request
// to another site without one of them. A form, which any page can send, must in their absence bring the session's
// token. Pure.
#pragma once

#include <string>
#include <string_view>

namespace socle::auth {

struct BrowserRequest {
  std::string_view method, host, origin, fetch_site, content_type;
  std::string_view token;     // what it brought as X-CSRF-Token; absent: data() == nullptr
  std::string_view expected;  // the session's; "": it has none yet, as before signing in
};

// "" when it may pass; else what is wrong, for the client.
[[nodiscard]] std::string_view cross_site_fault(const BrowserRequest& request);

// What the pages of a session send as X-CSRF-Token; follows from the session's secret, so that nothing is stored.
[[nodiscard]] std::string csrf_token(std::string_view session_secret);

}  // namespace socle::auth
