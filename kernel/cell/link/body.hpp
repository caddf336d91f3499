// cell/link/body.hpp: the payload of a message from a cell, in memory that only this process can write.
#pragma once

#include "bus/payload.hpp"
#include "cell/ring/message.hpp"

namespace socle::cell {

// One reference. A document beside the text is kept when it is sound: whoever gets it believes it.
[[nodiscard]] bus::Payload* private_body(const Incoming& in);

}  // namespace socle::cell
