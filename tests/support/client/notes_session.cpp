// notes_session.cpp: sessions on the notes example: writers that check what they read back and log what was tried and
// what was acknowledged, slow uploads that send byte by byte, and event streams that resume by Last-Event-ID. Log:
//
//   T name op                 tried: create, finish (a second version with done: true), remove
//   A name op id version      acknowledged
//   E stream position op id version      an event
#include "session.hpp"

namespace socle::client {
namespace {

constexpr std::int64_t byte_pause = 4'000'000;  // between two bytes of a slow upload

std::string number_of(std::string_view etag) {
  return etag.size() > 2 ? std::string(etag.substr(1, etag.size() - 2)) : "0";
}

class Writer : public Session {
 public:
  Writer(Shared& shared, int epoll, int index, bool slow) : Session(shared, epoll, index), slow_(slow) {}

  void on_tick(std::int64_t now) override {
    if (wire_at_ >= wire_.size() || now < next_byte_) return;
    send(std::string_view(wire_).substr(wire_at_++, 1));
    next_byte_ = now + byte_pause;
  }
  void on_stop() override {
    if (step_ == Step::none) finish();
  }

 private:
  enum class Step { none, create, read, finish, remove, absent };
  static constexpr const char* words[] = {"", "create", "read", "finish", "remove", "absent"};

  void begin() override {
    wire_.clear();
    create();
  }
  bool outstanding() const override { return step_ != Step::none; }

  // A reader of the log rebuilds the same document from the name.
  [[nodiscard]] std::string document(bool finished) const {
    std::string text;
    for (std::size_t i = 0; i < (slow_ ? 2 : 1 + count_ % 40); ++i) text += name_ + "/";
    return R"({"title":")" + name_ + R"(","text":")" + text + R"(","done":)" + (finished ? "true}" : "false}");
  }

  void log(char what) const {
    if (shared_.log == nullptr || step_ == Step::read || step_ == Step::absent) return;
    const char* word = words[static_cast<std::size_t>(step_)];
    if (what == 'T') {
      std::fprintf(shared_.log, "T %s %s\n", name_.c_str(), word);
    } else {
      std::fprintf(shared_.log, "A %s %s %s %s\n", name_.c_str(), word, id_.c_str(), version_.c_str());
    }
  }

  void request(Step step, std::string_view method, const std::string& path, const std::string& body) {
    step_ = step;
    begun_ = now_ns();
    log('T');
    std::string head = std::string(method) + " " + path + " HTTP/1.1\r\nHost: t\r\n";
    if (body.empty()) return send(head + "\r\n");
    head += "Content-Type: application/json\r\n";
    if (!slow_) return send(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    wire_at_ = 0;
    next_byte_ = 0;
    if (count_ % 2 == 0) {
      wire_ = body;
      return send(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    }
    wire_.clear();
    for (std::size_t at = 0; at < body.size(); at += 7) {
      const std::string piece = body.substr(at, 7);
      wire_ += std::to_string(piece.size()) + "\r\n" + piece + "\r\n";
    }
    wire_ += "0\r\n\r\n";
    send(head + "Transfer-Encoding: chunked\r\n\r\n");
  }

  void create() {
    if (shared_.stopping) return finish();
    name_ = shared_.name + "-" + std::to_string(index_) + "-" + std::to_string(count_++);
    request(Step::create, "POST", "/v1/notes", document(false));
  }

  void go_on() {
    const std::string path = "/v1/notes/" + id_;
    switch (step_) {
      case Step::create: return request(Step::read, "GET", path, {});
      case Step::read:
        if (count_ % 2 == 0 && !slow_) return request(Step::finish, "PUT", path, document(true));
        [[fallthrough]];
      case Step::finish:
        if (count_ % 3 == 0 && !slow_) return request(Step::remove, "DELETE", path, {});
        break;
      case Step::remove: return request(Step::absent, "GET", path, {});
      case Step::absent:
      case Step::none: break;
    }
    step_ = Step::none;
    create();
  }

  void respond(const ResponseReader& answer) override {
    constexpr int wanted[] = {0, 201, 200, 200, 204, 404};
    ++shared_.requests;
    if (!slow_) shared_.sample(begun_);
    const std::string what = std::string(words[static_cast<std::size_t>(step_)]) + " " + name_ + ": ";
    if (answer.status() != wanted[static_cast<std::size_t>(step_)]) {
      shared_.fail(shared_.failed, what + "status " + std::to_string(answer.status()) + ": " + answer.body());
      step_ = Step::none;
      if (!answer.keep_alive()) return reconnect();
      return create();
    }
    if (step_ == Step::create) {
      const std::string location = answer.header("location");
      id_ = location.substr(location.rfind('/') + 1);
    }
    if (step_ == Step::create || step_ == Step::finish) version_ = number_of(answer.header("etag"));
    log('A');
    if (step_ != Step::remove && step_ != Step::absent &&
        answer.body().find(R"("doc":)" + document(step_ == Step::finish)) == std::string::npos)
      shared_.fail(shared_.wrong, what + "wanted " + document(step_ == Step::finish) + ", got " + answer.body());
    if (!answer.keep_alive()) {
      step_ = Step::none;
      return reconnect();
    }
    go_on();
  }

  const bool slow_;
  Step step_ = Step::none;
  std::string name_, id_, version_, wire_;
  std::size_t wire_at_ = 0;
  std::int64_t next_byte_ = 0, begun_ = 0;
  std::uint64_t count_ = 0;
};

class Events : public Session {
 public:
  using Session::Session;

 private:
  void begin() override {
    text_.clear();
    opened_ = false;
    send("GET /v1/notes/events HTTP/1.1\r\nHost: t\r\n" +
         (position_.empty() ? std::string() : "Last-Event-ID: " + position_ + "\r\n") + "\r\n");
  }
  bool outstanding() const override { return false; }  // a stream may end; resuming must lose nothing

  void lost() override {
    if (shared_.loss) return finish();
    if (!opened_) shared_.fail(shared_.failed, "an event stream ended before its first piece");
    ++shared_.resumed;
    reconnect();
  }

  void stream(ResponseReader& answer) override {
    if (answer.status() != 200) return;
    text_ += answer.take_body();
    if (!opened_ && !text_.empty()) {
      opened_ = true;
      if (shared_.resumed == 0 && position_.empty()) std::printf("open %d\n", index_);
      std::fflush(stdout);
    }
    for (std::size_t end; !done() && (end = text_.find("\n\n")) != std::string::npos;) {
      const std::string event = text_.substr(0, end + 1);
      text_.erase(0, end + 2);
      take(event);
    }
  }

  void respond(const ResponseReader& answer) override {
    ++shared_.requests;
    if (answer.status() != 200) {
      shared_.fail(shared_.failed, "events: status " + std::to_string(answer.status()) + ": " + answer.body());
      return finish();
    }
    text_ += answer.body();
    for (std::size_t end; (end = text_.find("\n\n")) != std::string::npos; text_.erase(0, end + 2))
      take(text_.substr(0, end + 1));
    if (done()) return;
    ++shared_.resumed;
    reconnect();
  }

  static std::string between(const std::string& text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) return {};
    const std::size_t end = text.find(to, at + from.size());
    return text.substr(at + from.size(), end - at - from.size());
  }

  void take(const std::string& event) {
    if (event.starts_with(":")) return;
    const std::string position = between(event, "id: ", "\n");
    const std::string op = between(event, "event: ", "\n");
    const std::string id = between(event, R"("id":")", "\"");
    std::string version = between(event, R"("version":)", "}");
    if (position.empty() || id.empty()) return shared_.fail(shared_.wrong, "no event: '" + event + "'");
    position_ = position;
    if (shared_.log != nullptr)
      std::fprintf(shared_.log, "E %d %s %s %s %s\n", index_, position.c_str(), op.c_str(), id.c_str(),
                   version.c_str());
    if (!shared_.until.empty() && id == shared_.until) return finish();
    last_ = id;
  }

 public:
  void on_stop() override {
    if (shared_.until.empty() || last_ == shared_.until) finish();
  }

 private:
  std::string position_, text_, last_;
  bool opened_ = false;
};

}  // namespace

std::unique_ptr<Session> make_notes_session(std::string_view mode, Shared& shared, int epoll, int index) {
  if (mode == "notes") return std::make_unique<Writer>(shared, epoll, index, false);
  if (mode == "slow") return std::make_unique<Writer>(shared, epoll, index, true);
  if (mode == "sse") return std::make_unique<Events>(shared, epoll, index);
  return nullptr;
}

}  // namespace socle::client
