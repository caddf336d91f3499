// orders.hpp: reading how something is to be published, and what activating a version does to a head. Pure.
#pragma once

#include "registry/publisher.hpp"

namespace socle::models {

// {version?, canary?: {weight: "5%"|5, for: "60s"|60}, key?, signature?}
[[nodiscard]] Got<Order> order_of(const Arguments& arguments);

// `version` is served from now on. With data behind it, the version before stays `serving` across a new major.
void activate(Head& head, const std::string& version, bool has_data);

// `version` is not served any more, because it was not good.
void withdraw(Head& head, const std::string& version);

}  // namespace socle::models
