#include "tenants/journal.hpp"

#include <catch2/catch.hpp>

#include <vector>

#include "unit/base/temp_folder.hpp"

namespace socle::tenants {
namespace {

const auto nothing = [] { return std::string("all"); };

class File {
 public:
  File() : path(folder_.path() / "journal") {}
  Result<Journal> open() {
    bodies.clear();
    return Journal::open(path, [this](std::string_view body) -> Status {
      bodies.emplace_back(body);
      return {};
    });
  }
  void append(std::initializer_list<const char*> texts) {
    auto journal = open();
    REQUIRE(journal);
    for (const char* text : texts) REQUIRE(journal->append(text, nothing));
  }
  [[nodiscard]] std::string bytes() const { return base::read_file(path, 1 << 20).value(); }
  void put(const std::string& text) const { REQUIRE(base::write_file_atomic(path, text)); }

 private:
  testing::TempFolder folder_;

 public:
  const std::filesystem::path path;
  std::vector<std::string> bodies;
};

using Bodies = std::vector<std::string>;

TEST_CASE("journal: what was appended is read back in order", "[tenants]") {
  File file;
  file.append({"one\n", "two\n"});
  file.append({"three\n"});
  REQUIRE(file.open());
  CHECK(file.bodies == Bodies{"", "one\n", "two\n", "three\n"});
}

TEST_CASE("journal: cut at any byte it holds every whole frame and nothing else", "[tenants]") {
  File file;
  file.append({"first", "second", "third"});
  const std::string all = file.bytes();
  const Bodies wanted{"", "first", "second", "third"};
  size_t longest = 0;
  for (size_t size = 0; size <= all.size(); ++size) {
    file.put(all.substr(0, size));
    auto journal = file.open();
    REQUIRE(journal);
    REQUIRE(file.bodies.size() <= wanted.size());
    REQUIRE(file.bodies == Bodies(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(file.bodies.size())));
    REQUIRE(file.bodies.size() >= longest);
    longest = file.bodies.size();
    // And it goes on from there.
    REQUIRE(journal->append("next", nothing));
    Bodies more = file.bodies;
    more.emplace_back("next");
    REQUIRE(file.open());
    REQUIRE(file.bodies == more);
  }
  CHECK(longest == wanted.size());
}

TEST_CASE("journal: zeros at the end are an unfinished append", "[tenants]") {
  File file;
  file.append({"kept"});
  file.put(file.bytes() + std::string(100, '\0'));
  REQUIRE(file.open());
  CHECK(file.bodies == Bodies{"", "kept"});
}

TEST_CASE("journal: damage in the middle is refused with its place", "[tenants]") {
  File file;
  file.append({"first", "second"});
  std::string bytes = file.bytes();
  bytes[bytes.find("first")] = 'F';
  file.put(bytes);
  const auto journal = file.open();
  REQUIRE_FALSE(journal);
  CHECK(journal.error().code == Code::data_loss);
  CHECK(journal.error().message == file.path.string() +
                                       ": the frame at byte 26 is damaged and more follows; restore the file from a "
                                       "backup");
}

TEST_CASE("journal: what replay does not understand is refused with its place", "[tenants]") {
  File file;
  file.append({"nonsense"});
  const auto journal = Journal::open(file.path, [](std::string_view body) -> Status {
    if (body.empty()) return {};
    return Error{Code::data_loss, "what is this"};
  });
  REQUIRE_FALSE(journal);
  CHECK(journal.error().message == file.path.string() + " at byte 26: what is this");
}

TEST_CASE("journal: replaced whole it holds only that", "[tenants]") {
  File file;
  file.append({"a", "b", "c"});
  {
    auto journal = file.open();
    REQUIRE(journal);
    REQUIRE(journal->replace("all of it"));
    REQUIRE(journal->append("and more", nothing));
    CHECK(journal->size() == file.bytes().size());
  }
  REQUIRE(file.open());
  CHECK(file.bodies == Bodies{"all of it", "and more"});
}

}  // namespace
}  // namespace socle::tenants
