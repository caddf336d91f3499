#include "cell/ring/boot_text.hpp"

#include <cstring>

namespace socle::cell {
namespace {

void put(std::string& out, std::uint64_t number) { out.append(reinterpret_cast<const char*>(&number), sizeof number); }
void put(std::string& out, std::string_view text) {
  put(out, std::uint64_t{text.size()});
  out.append(text);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  std::uint64_t number() {
    std::uint64_t n = 0;
    if (left_.size() < sizeof n) return fail(), 0;
    std::memcpy(&n, left_.data(), sizeof n);
    left_.remove_prefix(sizeof n);
    return n;
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > left_.size()) return fail(), std::string();
    std::string out(left_.substr(0, size));
    left_.remove_prefix(size);
    return out;
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  void fail() { good_ = false, left_ = {}; }
  std::string_view left_;
  bool good_ = true;
};

}  // namespace

std::string encode(const BootText& text) {
  std::string out;
  for (const auto& part : {text.plugin, text.version, text.config}) put(out, part);
  for (const auto n :
       {text.generation, text.abi_minor, text.offload_threads, text.offload_queue, text.may_act_as, text.loop_patience})
    put(out, n);
  put(out, std::uint64_t{text.methods.size()});
  for (const auto& method : text.methods) {
    put(out, method.service);
    put(out, method.name);
  }
  return out;
}

Result<BootText> decode(std::string_view bytes) {
  Reader in(bytes);
  BootText text;
  for (auto* part : {&text.plugin, &text.version, &text.config}) *part = in.text();
  for (auto* n : {&text.generation, &text.abi_minor, &text.offload_threads, &text.offload_queue, &text.may_act_as,
                  &text.loop_patience})
    *n = in.number();
  const std::uint64_t methods = in.number();
  for (std::uint64_t i = 0; i < methods && in.good(); ++i) {
    std::string service = in.text();
    text.methods.push_back({std::move(service), in.text()});
  }
  if (!in.good()) return Error{Code::invalid, "the text a cell starts from is cut off"};
  return text;
}

}  // namespace socle::cell
