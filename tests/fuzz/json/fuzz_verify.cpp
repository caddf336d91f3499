// Any bytes: verify() reads nothing outside them, and what it accepts can be walked, looked up, printed and compared in
// full. Half of the inputs get a right header, so that the search gets past it.
#include <cstring>
#include <memory>
#include <string>

#include "check.hpp"
#include "socle/json.hpp"

namespace {

namespace json = socle::json;

void walk(json::View value) {
  for (json::View element : value.elements()) walk(element);
  for (std::size_t i = 0; value.is_object() && i < value.size(); ++i) {
    const json::Key key = value.key_at(i);
    CHECK(key.hash() == json::Key(key.text()).hash());
    CHECK(value.member_index(key) == i);
    walk(value.value_at(i));
  }
  if (value.is_number()) CHECK(json::decimal::is_number(value.number_text()));
  CHECK(!value.find("no such member, surely"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool mend = data[0] & 1;
  const std::size_t length = size - 1;
  std::unique_ptr<char[]> copy(new char[length]);
  std::memcpy(copy.get(), data + 1, length);
  if (mend && length >= sizeof(json::layout::Header)) {
    json::layout::Header header;
    std::memcpy(&header, copy.get(), sizeof header);
    std::memcpy(header.magic, json::layout::magic, 4);
    header.version = json::layout::version;
    header.zero = 0;
    header.size = length;
    std::memcpy(copy.get(), &header, sizeof header);
  }
  const std::string_view bytes(copy.get(), length);
  if (!json::verify(bytes)) return 0;
  const json::View root = json::open(bytes);
  CHECK(root.exists());
  walk(root);
  CHECK(json::equal(root, root));
  const auto again = json::Document::parse(json::to_text(root), {.max_depth = json::layout::max_depth});
  CHECK(again.has_value() && json::equal(again->root(), root) && json::hash(again->root()) == json::hash(root));
  CHECK(json::verify(json::Document::copy_of(root).bytes()).has_value());
  return 0;
}
