# Similar code: the folder for JPlag and Dolos, and their results as pairs (grader/similarity).

no_verdict = These are pairs to look at, and no verdict. Code can be alike because the task leaves little choice, because both worked together where that is allowed, or from one source. A person reads both files. No score depends on it.
pairs_of_tool = { $tool } compared the code. { $count ->
    [0] No two students have anything in common.
    [one] One pair has something in common.
   *[other] { $count } pairs have something in common. Listed are { $shown }, the most similar first.
}
column_one_student = student
column_other_student = and student
column_longest = longest fragment ({ $unit })
column_files = files
similar_written = { $count ->
    [one] The code of one student is
   *[other] The code of { $count } students is
} in { $folder }; { $readme } has the commands for JPlag and Dolos
similar_names_written = { $path } says whose each folder is. Keep it, and give the folder away without it
similar_problems = { $count ->
    [one] Of one student something is missing:
   *[other] Of { $count } students something is missing:
}
may_be_left_out = a tool may leave this student out: { $why }
no_folder_for_code = no folder can have this name ({ $why }): rename what was handed in, or use --blind

similar_readme = # { $lab }: code to compare

    students/ has a folder for each student, with the files of code that { $lab } asks for ({ $files }), as they were handed in. base/ has the skeleton that all began with; what stands in it counts for nobody. The files info-*.csv are for Dolos. Type the commands in this folder. Both programs work on this machine and send nothing away.
similar_readme_blind = The folders have pseudonyms. Names may still stand in the code, in comments for one, and are not taken out.
similar_readme_jplag = ## JPlag 5 or 6 (Java 25; up to 6.2 Java 21)

    Take its .jar from https://github.com/jplag/JPlag/releases. JPlag 5 calls its result jplag.zip. JPlag's parser may leave a submission out whose Python is newer than it knows; it lists those.
similar_readme_dolos = ## Dolos 2 (Node.js 20)

    https://dolos.ugent.be/docs/installation.html tells how it is installed. It compares one file of the lab at a time. Each serve shows a result in a browser. Read its similarity by comparing pairs of one file: where given code repeats, even equal files have less than 1.
similar_readme_end = ## What the result means

## commands

no_result_of_a_tool = { $path } is no result that can be read here. There are: { $tools }. Give Dolos's folder (dolos run -f csv -o FOLDER) or JPlag's file (jplag.jplag, jplag.zip)
result_of_a_tool_broken = { $path } cannot be read as a result of { $tool } ({ $reason }): run it again, as the README.md of the folder says
dest_is_there = { $path } is there already and is not empty: name another folder (--dest; make: DEST=...)
dest_inside_submissions = the folder cannot be { $dest }, inside { $submissions }: the next run would take it for submissions. Give another folder (--dest; make: DEST=...)
names_are_there = { $path } is there already, and may be all that tells the names of an earlier folder: move it, or name another folder (--dest; make: DEST=...)
similar_what = say what to do: grader similar LAB SUBMISSIONS writes the folder, grader similar --read RESULT shows a result
