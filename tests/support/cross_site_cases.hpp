// cross_site_cases.hpp: what a browser says of a request that changes something, and whether it may pass, when it asks
// app.localhost:8080. The gateway (for a listener's own identity) and auth (for its cookies) judge by the same rule,
// each in its own code; the unit tests of both run this one table.
#pragma once

#include <array>
#include <string_view>

namespace socle::testing {

struct CrossSiteCase {
  std::string_view fetch_site, origin;  // absent: data() == nullptr
  bool passes;
};

inline constexpr std::string_view cross_site_host = "App.localhost:8080";
inline constexpr std::string_view absent{};

inline constexpr std::array cross_site_cases{
    // What is no browser says neither.
    CrossSiteCase{absent, absent, true},
    // Sec-Fetch-Site decides where there is one, whatever Origin says.
    CrossSiteCase{"same-origin", absent, true},
    CrossSiteCase{"none", absent, true},
    CrossSiteCase{"same-origin", "http://outer.test", true},
    CrossSiteCase{"cross-site", absent, false},
    CrossSiteCase{"same-site", absent, false},
    CrossSiteCase{"cross-site", "http://app.localhost:8080", false},
    CrossSiteCase{"", "http://app.localhost:8080", false},
    CrossSiteCase{"x", absent, false},
    // Browsers write both fields in one way only.
    CrossSiteCase{"Same-Origin", absent, false},
    CrossSiteCase{absent, "HTTP://app.localhost:8080", false},
    // Else Origin names the host that is asked, over either scheme.
    CrossSiteCase{absent, "http://app.localhost:8080", true},
    CrossSiteCase{absent, "https://APP.localhost:8080", true},
    CrossSiteCase{absent, "http://app.localhost", false},
    CrossSiteCase{absent, "http://app.localhost:8081", false},
    CrossSiteCase{absent, "http://evil.test", false},
    CrossSiteCase{absent, "http://app.localhost:8080.evil.test", false},
    CrossSiteCase{absent, "http://evil.test/app.localhost:8080", false},
    CrossSiteCase{absent, "ftp://app.localhost:8080", false},
    CrossSiteCase{absent, "app.localhost:8080", false},
    CrossSiteCase{absent, "null", false},
    CrossSiteCase{absent, "", false},
};

}  // namespace socle::testing
