#include <catch2/catch.hpp>

#include "socle/page/escape.hpp"
#include "socle/page/form_body.hpp"
#include "socle/page/template.hpp"

namespace {

using namespace socle::page;

constexpr Message table[] = {{"hello", "Hello & welcome", "你好"}, {"rows", "{0} of {1}", "{1} 之 {0}"}};
const Messages words{table};

std::string fault(std::string_view text) {
  auto made = Templates::compile({{"t", text}}, words, Language::en);
  return made ? "" : made.error().message;
}
std::string html(std::string_view text, const Data& data, Language language = Language::en) {
  auto made =
      Templates::compile({{"t", text}, {"row", "<li>{{name}}</li>{{#more}}{{>row}}{{/more}}"}}, words, language);
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  return made->render("t", data);
}
Data with(std::string_view value) {
  Data out;
  out.view("v", value);
  return out;
}

constexpr std::string_view attacks[] = {"<script>alert(1)</script>",
                                        "\"><img src=x onerror=alert(1)>",
                                        "' onfocus='alert(1)",
                                        "javascript:alert(1)",
                                        "</textarea><script>",
                                        "{{v}}{{#x}}",
                                        "&lt;script&gt;",
                                        "\" autofocus onfocus=\"alert(1)",
                                        "--><script>",
                                        "]]><script>"};

}  // namespace

TEST_CASE("page: text is escaped between tags and in attributes, whatever it holds", "[page]") {
  for (const auto attack : attacks) {
    const std::string out = html("<p title=\"{{v}}\">{{v}}</p><textarea>{{v}}</textarea>", with(attack));
    INFO(out);
    CHECK(out.find('<', 1) == out.find("</p>"));
    CHECK(out.find("<script") == std::string::npos);
    CHECK(out.find("<img") == std::string::npos);
    CHECK(std::count(out.begin(), out.end(), '"') == 2);
    CHECK(out.find('\'') == std::string::npos);
  }
}

TEST_CASE("page: a whole URL is of this site or of a known scheme, else nothing", "[page]") {
  CHECK(html("<a href=\"{{v}}\"></a>", with("/forms?a=1&b=2")) == "<a href=\"/forms?a=1&amp;b=2\"></a>");
  CHECK(html("<a href=\"{{v}}\"></a>", with("https://example.com/")) == "<a href=\"https://example.com/\"></a>");
  for (const auto* bad : {"javascript:alert(1)", "JaVaScript:alert(1)", " javascript:alert(1)", "data:text/html,x",
                          "//evil.example", "/\\evil.example", "\tjavascript:x", "vbscript:x"})
    CHECK(html("<a href=\"{{v}}\"></a>", with(bad)) == "<a href=\"#\"></a>");
}

TEST_CASE("page: a piece of a URL ends neither its segment nor the attribute", "[page]") {
  CHECK(html("<a href=\"/forms/{{v}}?q={{v}}\"></a>", with("a/../b?c=\"&d#e é")) ==
        "<a href=\"/forms/a%2F..%2Fb%3Fc%3D%22%26d%23e%20%C3%A9?q=a%2F..%2Fb%3Fc%3D%22%26d%23e%20%C3%A9\"></a>");
}

TEST_CASE("page: a value that nothing can make harmless does not compile, and the line is told", "[page]") {
  CHECK(fault("<p>\n<script>var x = '{{v}}';</script>")
            .find("template 't', line 2: the value 'v' stands where nothing can make it harmless") == 0);
  CHECK(fault("<style>p { color: {{v}} }</style>").find("harmless") != std::string::npos);
  CHECK(fault("<p onclick=\"{{v}}\">").find("no value may go into the attribute onclick") != std::string::npos);
  CHECK(fault("<p style=\"{{v}}\">").find("attribute style") != std::string::npos);
  CHECK(fault("<iframe srcdoc=\"{{v}}\">").find("attribute srcdoc") != std::string::npos);
  CHECK(fault("<{{v}}>").find("harmless") != std::string::npos);
  CHECK(fault("<p {{v}}>").find("harmless") != std::string::npos);
  CHECK(fault("<!-- {{v}} -->").find("harmless") != std::string::npos);
  CHECK(fault("<p title={{v}}>").find("harmless") != std::string::npos);
  CHECK(fault("<p title=x>").find("double quotes") != std::string::npos);
  CHECK(fault("<p title='{{v}}'>").find("double quotes") != std::string::npos);
  CHECK(fault("a < b").find("write &lt;") != std::string::npos);
}

TEST_CASE("page: a section cannot smuggle a value into another place of the page", "[page]") {
  CHECK(fault("{{#a}}<p title=\"{{/a}}").find("ends in another place") != std::string::npos);
  CHECK(fault("<p{{#a}} on{{/a}}click=\"{{v}}\">").find("set off by spaces") != std::string::npos);
  CHECK(fault("<p{{#a}}title=\"x\"{{/a}}>").find("set off by spaces") != std::string::npos);
  CHECK(fault("{{#a}}<p>").find("section 'a' has no end") != std::string::npos);
  CHECK(fault("{{/a}}").find("ends nothing") != std::string::npos);
  CHECK(fault("{{#a}}{{#b}}{{/a}}{{/b}}").find("section 'b' must end first") != std::string::npos);
  CHECK(fault("<p title=\"x").find("ends inside a tag") != std::string::npos);
  CHECK(fault("{{:nope}}").find("there is no message 'nope'") != std::string::npos);
  CHECK(fault("{{>nope}}").find("there is no template 'nope'") != std::string::npos);
  CHECK(fault("{{ v }}").find("is no slot") != std::string::npos);
  CHECK(fault("{{{v}}}").find("is no slot") != std::string::npos);
}

TEST_CASE("page: sections run for lists, texts and flags, and for nothing else", "[page]") {
  std::vector<Data> items;
  for (const auto* name : {"a", "b"}) items.push_back(std::move(Data().view("name", name)));
  Data data;
  data.list("items", std::move(items)).flag("off", false).flag("on", true).view("empty", "").view("outer", "o");
  CHECK(html("{{#items}}{{name}}{{outer}}{{@outer}},{{/items}}", data) == "ao,bo,");
  CHECK(html("{{#off}}x{{/off}}{{#on}}y{{/on}}{{#empty}}z{{/empty}}{{^empty}}w{{/empty}}{{^none}}v{{/none}}", data) ==
        "ywv");
  CHECK(html("<p{{#on}} hidden{{/on}}{{#off}} lang=\"{{outer}}\"{{/off}}>", data) == "<p hidden>");
}

TEST_CASE("page: messages are in the language asked for, and escaped", "[page]") {
  CHECK(html("<p title=\"{{:hello}}\">{{:hello}}</p>", Data()) ==
        "<p title=\"Hello &amp; welcome\">Hello &amp; welcome</p>");
  CHECK(html("{{:hello}}", Data(), Language::zh) == "你好");
  CHECK(words.filled(Language::en, "rows", {"1", "<b>"}) == "1 of <b>");
  CHECK(words.filled(Language::zh, "rows", {"1", "{0}"}) == "{0} 之 1");
}

TEST_CASE("page: only what a template made enters another as it is, and only between tags", "[page]") {
  auto made = Templates::compile({{"inner", "<b>{{v}}</b>"}, {"outer", "<i title=\"{{body}}\">{{body}}</i>"}}, words,
                                 Language::en)
                  .value();
  Data data;
  data.markup("body", made.markup("inner", with("<x>")));
  CHECK(made.render("outer", data) == "<i title=\"&lt;b&gt;&amp;lt;x&amp;gt;&lt;/b&gt;\"><b>&lt;x&gt;</b></i>");
}

TEST_CASE("page: templates may nest themselves, to a depth that is bounded", "[page]") {
  Data data;
  data.view("name", "n").flag("more", true);  // its scope has `more` again: without an end
  const std::string out = html("{{>row}}", data);
  CHECK(out.size() == 63 * std::string_view("<li>n</li>").size());
}

TEST_CASE("page: posted forms are decoded as browsers encode them", "[page]") {
  const auto body =
      FormBody::parse("a=1&b=x+y%2Bz&a=2&%2Fp%2F0=%E4%BD%A0&lines=1%0D%0A2&empty=&odd=%zz&&alone").value();
  CHECK(body.find("a") == "2");
  CHECK(body.all("a") == std::vector<std::string_view>{"1", "2"});
  CHECK(body.find("b") == "x y+z");
  CHECK(body.find("/p/0") == "你");
  CHECK(body.find("lines") == "1\n2");
  CHECK(body.find("empty") == "");
  CHECK(body.find("odd") == "%zz");
  CHECK(body.find("alone") == "");
  CHECK_FALSE(body.find("none"));
  CHECK(FormBody::parse("a=%ff").error().message == "the form is not UTF-8");
  CHECK(FormBody::parse("a=%ED%A0%80").error().message == "the form is not UTF-8");
  std::string many;
  for (int i = 0; i < 20001; ++i) many += "a=&";
  CHECK(FormBody::parse(many).error().message.find("more than 20,000") != std::string::npos);
}

TEST_CASE("page: a redirect's target stays on this site", "[page]") {
  for (const auto* good : {"/", "/forms/loan?x=1", "/a#b"}) CHECK(is_local_path(good));
  for (const auto* bad : {"", "forms", "//evil.example", "/\\evil.example", "https://evil.example",
                          "/a\r\nSet-Cookie: x", "/a\\b", "javascript:x"})
    CHECK_FALSE(is_local_path(bad));
}
