#include "cell/link/body.hpp"

#include <cstdlib>
#include <cstring>
#include <memory>

#include "socle/json/document.hpp"

namespace socle::cell {

bus::Payload* private_body(const Incoming& in) {
  const std::string_view text = in[Field::text];
  const std::string_view doc = in[Field::doc];
  const std::uint32_t media = in.head.media <= SOCLE_MEDIA_OTHER ? in.head.media : std::uint32_t{SOCLE_MEDIA_OTHER};
  bus::Payload* payload = bus::Payload::make(text, media, in.meta);
  if (payload == nullptr || doc.empty()) return payload;
  void* copy = nullptr;
  if (posix_memalign(&copy, 16, doc.size()) != 0) std::abort();
  const std::unique_ptr<void, decltype(&std::free)> owned(copy, &std::free);
  std::memcpy(copy, doc.data(), doc.size());
  const std::string_view bytes(static_cast<const char*>(copy), doc.size());
  if (json::verify(bytes)) payload->set_doc(bytes);
  return payload;
}

}  // namespace socle::cell
