import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.Term;
import org.apache.lucene.monitor.MatchingQueries;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;

/**
 * What Lucene's monitor says of the same queries and texts: the outside oracle of boolean and phrase meaning.
 *
 * <p>Arguments: a file of queries, a file of texts, a file for the answers. A query is one line in postfix, its parts
 * separated by tabs: {@code t:word}, {@code p:two words}, {@code and:N}, {@code or:N} (of the last N), {@code not}
 * (the one before the last, without the last). A text is one line. An answer is one line a text: the numbers of the
 * queries that match, ascending, by spaces. The last line on stdout is JSON: {@code queries, texts, hits,
 * register_seconds, match_seconds, match_cpu_seconds}; the last is the matching thread's own time, without the garbage
 * collector's.
 */
public final class Oracle {
  private static final String FIELD = "text";
  /** The first texts warm the machine up and are not timed; they are matched twice. */
  private static final int WARM_UP = 500;

  private Oracle() {}

  public static void main(String[] arguments) throws IOException {
    List<String> queries = Files.readAllLines(Path.of(arguments[0]));
    List<String> texts = Files.readAllLines(Path.of(arguments[1]));
    IndexSearcher.setMaxClauseCount(1 << 20);
    StandardAnalyzer analyzer = new StandardAnalyzer(CharArraySet.EMPTY_SET);
    try (Monitor monitor = new Monitor(analyzer);
        BufferedWriter answers = Files.newBufferedWriter(Path.of(arguments[2]))) {
      long begun = System.nanoTime();
      List<MonitorQuery> batch = new ArrayList<>();
      for (int i = 0; i < queries.size(); i++) {
        batch.add(new MonitorQuery(Integer.toString(i), parse(queries.get(i))));
        if (batch.size() == 10_000) {
          monitor.register(batch);
          batch.clear();
        }
      }
      monitor.register(batch);
      double register = (System.nanoTime() - begun) / 1e9;
      for (String text : texts.subList(0, Math.min(WARM_UP, texts.size()))) {
        match(monitor, text);
      }
      begun = System.nanoTime();
      long cpuBegun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      long hits = 0;
      for (String text : texts) {
        List<Integer> found = match(monitor, text);
        hits += found.size();
        answers.write(found.stream().map(String::valueOf).collect(Collectors.joining(" ")));
        answers.newLine();
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      double cpu = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpuBegun) / 1e9;
      System.out.printf(
          "{\"queries\": %d, \"texts\": %d, \"hits\": %d, \"register_seconds\": %.3f, \"match_seconds\": %.3f,"
              + " \"match_cpu_seconds\": %.3f}%n",
          queries.size(), texts.size(), hits, register, seconds, cpu);
    }
  }

  private static List<Integer> match(Monitor monitor, String text) throws IOException {
    Document document = new Document();
    document.add(new TextField(FIELD, text, Field.Store.NO));
    MatchingQueries<QueryMatch> found = monitor.match(document, QueryMatch.SIMPLE_MATCHER);
    return found.getMatches().stream().map(m -> Integer.valueOf(m.getQueryId())).sorted().toList();
  }

  private static Query parse(String postfix) {
    Deque<Query> stack = new ArrayDeque<>();
    for (String part : postfix.split("\t")) {
      if (part.equals("not")) {
        Query excluded = stack.pop();
        stack.push(
            new BooleanQuery.Builder().add(stack.pop(), Occur.MUST).add(excluded, Occur.MUST_NOT).build());
        continue;
      }
      String value = part.substring(part.indexOf(':') + 1);
      switch (part.substring(0, part.indexOf(':'))) {
        case "t" -> stack.push(new TermQuery(new Term(FIELD, value)));
        case "p" -> stack.push(new PhraseQuery(FIELD, value.split(" ")));
        case "and" -> stack.push(combine(stack, Integer.parseInt(value), Occur.MUST));
        case "or" -> stack.push(combine(stack, Integer.parseInt(value), Occur.SHOULD));
        default -> throw new IllegalArgumentException(part);
      }
    }
    return stack.pop();
  }

  private static Query combine(Deque<Query> stack, int count, Occur occur) {
    BooleanQuery.Builder builder = new BooleanQuery.Builder();
    for (int i = 0; i < count; i++) {
      builder.add(stack.pop(), occur);
    }
    return builder.build();
  }
}
