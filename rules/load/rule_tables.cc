#include "rules/load/rule_tables.h"

#include <array>
#include <cctype>

#include "decoders/text.h"
#include "decoders/text_file.h"

namespace weir::rules {
namespace {

using LineReader = bool (*)(std::string_view, RuleEnvironment&);

bool is_name(std::string_view s) {
  if (s.empty()) return false;
  for (const char c : s)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.') return false;
  return true;
}

// What follows "config KIND:"; empty when the line says something else.
std::string_view entry_of(std::string_view line, std::string_view kind) {
  const std::string_view config = trim(cut(line, ' '));
  line = trim_left(line);
  if (config != "config" || !line.starts_with(kind)) return {};
  line = trim_left(line.substr(kind.size()));
  return line.starts_with(':') ? trim(line.substr(1)) : std::string_view{};
}

bool read_classification(std::string_view line, RuleEnvironment& environment) {
  std::string_view rest = entry_of(line, "classification");
  const std::string_view name = trim(cut(rest, ','));
  const std::size_t comma = rest.rfind(',');
  if (comma == std::string_view::npos || !is_name(name)) return false;
  const auto priority = parse_number<std::uint8_t>(trim(rest.substr(comma + 1)));
  if (!priority || *priority == 0) return false;
  environment.classifications.try_emplace(
      lower_case(name), Classification{std::string(trim(rest.substr(0, comma))), *priority});
  return true;
}

bool read_reference(std::string_view line, RuleEnvironment& environment) {
  const std::string_view rest = entry_of(line, "reference");
  const std::size_t blank = rest.find_first_of(" \t");
  const std::string_view name = rest.substr(0, blank);
  if (blank == std::string_view::npos || !is_name(name)) return false;
  environment.reference_systems.try_emplace(lower_case(name), trim(rest.substr(blank)));
  return true;
}

void read_lines(std::string_view text, const std::string& file, LineReader read, std::string_view form,
                RuleEnvironment& environment, std::vector<RuleDiagnostic>& diagnostics) {
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::string_view line = trim(cut(text, '\n'));
    ++number;
    if (line.empty() || line[0] == '#' || read(line, environment)) continue;
    diagnostics.push_back({.file = file,
                           .line = number,
                           .column = 1,
                           .reason = std::string(form),
                           .offending = std::string(clip(line))});
  }
}

std::vector<RuleDiagnostic> load_file(const std::string& path, RuleEnvironment& environment,
                                      void (*read)(std::string_view, const std::string&, RuleEnvironment&,
                                                   std::vector<RuleDiagnostic>&)) {
  std::vector<RuleDiagnostic> out;
  const auto text = read_text_file(path, kMaxTableFileBytes);
  if (text)
    read(*text, path, environment, out);
  else
    out.push_back({.file = path, .reason = text.error()});
  return out;
}

struct DefaultClass {
  std::string_view name, description;
  std::uint8_t priority;
};
constexpr std::array kDefaultClasses{
    DefaultClass{"not-suspicious", "Not Suspicious Traffic", 3},
    DefaultClass{"unknown", "Unknown Traffic", 3},
    DefaultClass{"bad-unknown", "Potentially Bad Traffic", 2},
    DefaultClass{"attempted-recon", "Attempted Information Leak", 2},
    DefaultClass{"successful-recon-limited", "Information Leak", 2},
    DefaultClass{"successful-recon-largescale", "Large Scale Information Leak", 2},
    DefaultClass{"attempted-dos", "Attempted Denial of Service", 2},
    DefaultClass{"successful-dos", "Denial of Service", 2},
    DefaultClass{"attempted-user", "Attempted User Privilege Gain", 1},
    DefaultClass{"unsuccessful-user", "Unsuccessful User Privilege Gain", 1},
    DefaultClass{"successful-user", "Successful User Privilege Gain", 1},
    DefaultClass{"attempted-admin", "Attempted Administrator Privilege Gain", 1},
    DefaultClass{"successful-admin", "Successful Administrator Privilege Gain", 1},
    DefaultClass{"rpc-portmap-decode", "Decode of an RPC Query", 2},
    DefaultClass{"shellcode-detect", "Executable code was detected", 1},
    DefaultClass{"string-detect", "A suspicious string was detected", 3},
    DefaultClass{"suspicious-filename-detect", "A suspicious filename was detected", 2},
    DefaultClass{"suspicious-login", "An attempted login using a suspicious username was detected", 2},
    DefaultClass{"system-call-detect", "A system call was detected", 2},
    DefaultClass{"tcp-connection", "A TCP connection was detected", 4},
    DefaultClass{"trojan-activity", "A Network Trojan was detected", 1},
    DefaultClass{"unusual-client-port-connection", "A client was using an unusual port", 2},
    DefaultClass{"network-scan", "Detection of a Network Scan", 3},
    DefaultClass{"denial-of-service", "Detection of a Denial of Service Attack", 2},
    DefaultClass{"non-standard-protocol", "Detection of a non-standard protocol or event", 2},
    DefaultClass{"protocol-command-decode", "Generic Protocol Command Decode", 3},
    DefaultClass{"web-application-activity", "access to a potentially vulnerable web application", 2},
    DefaultClass{"web-application-attack", "Web Application Attack", 1},
    DefaultClass{"misc-activity", "Misc activity", 3},
    DefaultClass{"misc-attack", "Misc Attack", 2},
    DefaultClass{"icmp-event", "Generic ICMP event", 3},
    DefaultClass{"inappropriate-content", "Inappropriate Content was Detected", 1},
    DefaultClass{"policy-violation", "Potential Corporate Privacy Violation", 1},
    DefaultClass{"default-login-attempt", "Attempt to login by a default username and password", 2},
    DefaultClass{"targeted-activity", "Targeted Malicious Activity was Detected", 1},
    DefaultClass{"exploit-kit", "Exploit Kit Activity Detected", 1},
    DefaultClass{"external-ip-check", "Device Retrieving External IP Address Detected", 2},
    DefaultClass{"domain-c2", "Domain Observed Used for C2 Detected", 1},
    DefaultClass{"pup-activity", "Possibly Unwanted Program Detected", 2},
    DefaultClass{"credential-theft", "Successful Credential Theft Detected", 1},
    DefaultClass{"social-engineering", "Possible Social Engineering Attempted", 2},
    DefaultClass{"coin-mining", "Crypto Currency Mining Activity Detected", 2},
    DefaultClass{"command-and-control", "Malware Command and Control Activity Detected", 1},
};

struct DefaultReference {
  std::string_view name, prefix;
};
constexpr std::array kDefaultReferences{
    DefaultReference{"bugtraq", "http://www.securityfocus.com/bid/"},
    DefaultReference{"bid", "http://www.securityfocus.com/bid/"},
    DefaultReference{"cve", "http://cve.mitre.org/cgi-bin/cvename.cgi?name="},
    DefaultReference{"secunia", "http://www.secunia.com/advisories/"},
    DefaultReference{"arachnids", "http://www.whitehats.com/info/IDS"},
    DefaultReference{"mcafee", "http://vil.nai.com/vil/content/v_"},
    DefaultReference{"nessus", "http://cgi.nessus.org/plugins/dump.php3?id="},
    DefaultReference{"url", "http://"},
    DefaultReference{"et", "http://doc.emergingthreats.net/"},
    DefaultReference{"etpro", "http://doc.emergingthreatspro.com/"},
    DefaultReference{"telus", "http://"},
    DefaultReference{"osvdb", "http://osvdb.org/show/osvdb/"},
    DefaultReference{"threatexpert", "http://www.threatexpert.com/report.aspx?md5="},
    DefaultReference{"md5", "http://www.threatexpert.com/report.aspx?md5="},
    DefaultReference{"exploitdb", "http://www.exploit-db.com/exploits/"},
    DefaultReference{"openpacket", "https://www.openpacket.org/capture/grab/"},
    DefaultReference{"securitytracker", "http://securitytracker.com/id?"},
    DefaultReference{"xforce", "http://xforce.iss.net/xforce/xfdb/"},
    DefaultReference{"msft", "http://technet.microsoft.com/security/bulletin/"},
};

}  // namespace

void read_classifications(std::string_view text, const std::string& file, RuleEnvironment& environment,
                          std::vector<RuleDiagnostic>& diagnostics) {
  read_lines(text, file, read_classification, "expected \"config classification: name,description,priority\"",
             environment, diagnostics);
}

void read_references(std::string_view text, const std::string& file, RuleEnvironment& environment,
                     std::vector<RuleDiagnostic>& diagnostics) {
  read_lines(text, file, read_reference, "expected \"config reference: system prefix\"", environment,
             diagnostics);
}

std::vector<RuleDiagnostic> load_classifications(const std::string& path, RuleEnvironment& environment) {
  return load_file(path, environment, read_classifications);
}

std::vector<RuleDiagnostic> load_references(const std::string& path, RuleEnvironment& environment) {
  return load_file(path, environment, read_references);
}

void add_default_tables(RuleEnvironment& environment) {
  for (const DefaultClass& c : kDefaultClasses)
    environment.classifications.try_emplace(std::string(c.name),
                                            Classification{std::string(c.description), c.priority});
  for (const DefaultReference& r : kDefaultReferences)
    environment.reference_systems.try_emplace(std::string(r.name), r.prefix);
}

}  // namespace weir::rules
