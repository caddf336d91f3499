#include "socle/json/document.hpp"

#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "src/emitter.hpp"

namespace socle::json {
namespace {

// A document that holds only null: what a default or moved-from Document shows.
struct NullDocument {
  layout::Header header{
      {'s', 'd', 'o', 'c'}, layout::version, 0, sizeof(layout::Header), layout::word(layout::Tag::null, 0, 0)};
};
constexpr NullDocument null_document;

layout::Header header_of(const char* bytes) {
  layout::Header header;
  std::memcpy(&header, bytes, sizeof header);
  return header;
}

}  // namespace

Document::Document() = default;
Document::Document(Document&& other) noexcept = default;
Document& Document::operator=(Document&& other) noexcept = default;
Document::~Document() = default;

Document::Document(std::string_view bytes) : bytes_(new char[bytes.size()]) {
  std::memcpy(bytes_.get(), bytes.data(), bytes.size());
}

Result<Document> Document::adopt(std::string_view bytes) {
  // An empty copy would have no address; verify() says what is wrong with it.
  if (bytes.size() < sizeof(layout::Header)) return verify(std::string_view{}).error();
  Document copy(bytes);
  if (auto r = verify({copy.bytes_.get(), bytes.size()}); !r) return std::move(r).error();
  return copy;
}

Document Document::copy_of(View value) {
  Emitter out;
  out.clear();
  const auto root = copy_value(out, value);
  out.finish(root);
  return Document({out.data(), out.size()});
}

View Document::root() const { return open(bytes()); }

std::string_view Document::bytes() const {
  const char* const bytes = bytes_ ? bytes_.get() : reinterpret_cast<const char*>(&null_document);
  return {bytes, header_of(bytes).size};
}

View open(std::string_view bytes) {
  if (bytes.size() < sizeof(layout::Header) || reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0) return {};
  const auto header = header_of(bytes.data());
  if (std::memcmp(header.magic, layout::magic, 4) != 0 || header.version != layout::version ||
      header.size != bytes.size())
    return {};
  return {bytes.data(), header.root};
}

}  // namespace socle::json
